package eventsourced_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/cases/eventsourced"
)

// What `tck explain` prints is what the wire will show.
func TestAScriptReadsAsTheWire(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][]string{
		"event-sourced/rehydrate/snapshot-then-events": {
			`→init{snapshot 5 "ABCDE"}`, `→event 6 "F"`, `→event 7 "G"`,
			`→command 1 Process{}`, `←reply 1 "ABCDEFG"`,
			`→command 2 Process{} ←reply 2 "ABCDEFG"`,
		},
		"event-sourced/failures/events-are-dropped": {
			`→init{}`,
			`→command 1 Process{emit "A"}`, `←reply 1 "A" events ["A"]`,
			`→command 2 Process{emit "B", fail "no"}`, `←reply 2 failure "no"`,
			`→command Process{} ←reply "A", after a new init where the failure asks for one`,
		},
		"core/streams/unset-message-first": {
			`→a message in which no case is set`, `←stream-level failure, command 0 ←end`,
			`→init{}`, `→command 1 Process{} ←reply 1 ""`,
		},
		"core/limits/command-of-4-mib": {
			`→init{}`,
			`→command 1 Process{emit "A"} in a message of 4194304 B`, `←reply 1 "A" events ["A"]`,
			`→command 2 Process{} ←reply 2 "A"`,
		},
	} {
		if diff := cmp.Diff(want, script(id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func script(id string) []string {
	var lines []string
	for _, c := range eventsourced.Cases() {
		if c.ID != id {
			continue
		}
		for _, step := range c.Script {
			lines = append(lines, step.Describe())
		}
	}
	return lines
}
