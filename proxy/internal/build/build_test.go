package build

import (
	"regexp"
	"testing"
)

func TestAbout(t *testing.T) {
	form := regexp.MustCompile(`^stateward-proxy \S+ \(([0-9a-f]{12}, )?go1\.\S+\)$`)
	if text := About("stateward-proxy"); !form.MatchString(text) {
		t.Errorf("as it is: %q", text)
	}
	version, commit = "1.2.3", "0123456789ab"
	defer func() { version, commit = "", "" }()
	if text := About("stateward-proxy"); !form.MatchString(text) || text[:37] != "stateward-proxy 1.2.3 (0123456789ab, " {
		t.Errorf("as the linker says: %q", text)
	}
}
