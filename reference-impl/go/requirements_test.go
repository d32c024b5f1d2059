// Package reference_test holds the Go reference function to the specification.
package reference_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/protocol"
)

// untested says of a requirement why nothing here can break it.
var untested = map[string]string{
	"DISC-ENT-006":     "a function is made of the entities that it lists: no other can be served",
	"CORE-READ-001":    "what a handler emits is its author's own affair",
	"ES-REPLAY-007":    "what an applier reads is the author's own affair",
	"CORE-PAYLOAD-007": "the library reads protobuf messages alone, and refuses a type that it does not know (ES-REPLAY-005)",
}

// profiles are those that the library speaks.
var profiles = []string{
	"core", "event-sourced", "value", "replicated", "replicated-maps", "action", "forwarding",
	"capabilities", "cancel", "durable-effects", "lifecycle", "passivation-notice", "snapshot-request",
	"event-metadata", "event-sourced-delete", "multiplexed-stream",
}

// TestEveryRequirementIsCited fails when a requirement of the function, in a
// profile that the library speaks, has no test here that names it.
func TestEveryRequirementIsCited(t *testing.T) {
	t.Parallel()
	tests := sources(t, "_test.go")
	bound := map[string]bool{}
	for _, r := range protocol.Requirements() {
		if r.Role != "function" || !slices.Contains(profiles, r.Profile) {
			continue
		}
		bound[r.ID] = true
		if untested[r.ID] == "" && !strings.Contains(tests, r.ID) {
			t.Errorf("%s (%s): no test names it", r.ID, r.Chapter)
		}
	}
	for id := range untested {
		if !bound[id] {
			t.Errorf("%s is excused, and binds no function of these profiles", id)
		}
	}
	if len(bound) == 0 {
		t.Error("there is no requirement of the function: the profiles are wrong")
	}
}

// sources returns the text of every file below this directory whose name ends so.
func sources(t *testing.T, ending string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ending) {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
