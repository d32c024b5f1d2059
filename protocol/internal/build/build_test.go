package build

import (
	"regexp"
	"testing"
)

func TestAbout(t *testing.T) {
	t.Parallel()
	if text := About("tool"); !regexp.MustCompile(`^tool \S+ \(([0-9a-f]{12}, )?go1\.\S+\)$`).MatchString(text) {
		t.Errorf("%q", text)
	}
}
