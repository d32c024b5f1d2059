package entitytest_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
)

// A key that no one reads is a slip of the pen, and would make a transcript say less
// than it seems to.
func TestUnknownKeysAreRefused(t *testing.T) {
	t.Parallel()
	kind := entitytest.Kind{Keys: map[string][]string{"persisted": {"own"}}}
	for text, known := range map[string]bool{
		"persisted along=1":      true,
		"persisted own=1":        true,
		"persisted own=1 other=": false,
		"recovered along=1":      false,
		"gone 1 epoch=2":         false,
		"arrived Add tea any=1":  true,
	} {
		if _, err := kind.Input(entitytest.Parse(text)); (err == nil) != known {
			t.Errorf("%q: %v", text, err)
		}
	}
}
