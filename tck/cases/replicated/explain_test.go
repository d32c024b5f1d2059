package replicated_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/cases/replicated"
)

// What `tck explain` prints is what the wire will show.
func TestAScriptReadsAsTheWire(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][]string{
		"replicated/gcounter/empty-state": {
			`→init{}`, `→command 1 Process{} ←reply 1 gcounter 0 (or update gcounter +0)`, `→command 2 Process{} ←reply 2 gcounter 0`,
		},
		"replicated/orset/clear": {
			`→init{orset +["a", "b"]}`, `→command 1 Process{orset clear}`,
			`←reply 1 orset [], update orset cleared (or update orset -["a", "b"])`, `→command 2 Process{} ←reply 2 orset []`,
		},
		"replicated/ormap/remove-then-add-again": {
			`→init{ormap +["GCounter-n": gcounter +5, "ORSet-s": orset +["x"]]}`,
			`→command 1 Process{ormap remove "GCounter-n", ormap "GCounter-n": gcounter 3}`,
			`←reply 1 ormap {"GCounter-n": gcounter 3, "ORSet-s": orset ["x"]}, update ormap -["GCounter-n"] +["GCounter-n": gcounter +3]`,
			`→command 2 Process{} ←reply 2 ormap {"GCounter-n": gcounter 3, "ORSet-s": orset ["x"]}`,
		},
		"replicated/write-consistency/of-a-cancellation": {
			`→init{gcounter +0}`, `→streamed command 1 ProcessStreamed{when cancelled gcounter 2 MAJORITY}`,
			`←reply 1 streamed gcounter 0, more to come`,
			`→stream_cancelled 1`, `←stream_cancelled_response 1, update gcounter +2 MAJORITY`,
			`→command 2 Process{} ←reply 2 gcounter 2`,
		},
		"replicated/vote/own-vote-from-the-proxy": {
			`→init{vote true, 1 of 2}`,
			`→delta vote false, 0 of 2`, `→command 1 Process{} ←reply 1 vote false, 0 of 2`,
			`→delta vote true, 2 of 2`, `→command 2 Process{} ←reply 2 vote true, 2 of 2`,
			`→delta vote false`, `→command 3 Process{} ←reply 3 vote false, 0 of 0`,
		},
	} {
		if diff := cmp.Diff(want, script(id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func script(id string) []string {
	var lines []string
	for _, c := range replicated.Cases() {
		if c.ID != id {
			continue
		}
		for _, step := range c.Script {
			lines = append(lines, step.Describe())
		}
	}
	return lines
}
