package value_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/cases/value"
)

// Cloudstate's kit has nineteen checks on a value entity, and each is made here, once.
func TestEachCheckOfCloudstateIsMade(t *testing.T) {
	t.Parallel()
	made := map[string]string{}
	for _, c := range value.Cases() {
		for _, check := range c.Cloudstate {
			if other := made[check]; other != "" {
				t.Errorf("%s and %s both make %s", c.ID, other, check)
			}
			made[check] = c.ID
		}
	}
	if len(made) != 19 {
		t.Errorf("%d checks are made: %v", len(made), made)
	}
}

// What `tck explain` prints is what the wire will show.
func TestAScriptReadsAsTheWire(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][]string{
		"value/states/forward-with-update": {
			`→init{}`,
			`→command 1 Process{update "A", forward "x"}`,
			`←reply 1 forward ValueEntityTwoService/Call ProcessRequest "x" update "A"`,
			`→command 2 Process{} ←reply 2 "A"`,
			`→half-close ←end OK`,
		},
		"value/activation/second-init-after-a-command": {
			`→init{}`, `→command 1 Process{update "A"}`, `←reply 1 "A" update "A"`,
			`→init{value "A"}`, `←stream-level failure ←end`,
			`→init, as stored from the replies`, `→command 1 Process{} ←reply 1 "A"`,
		},
		"value/failures/delete-is-dropped": {
			`→init{value "A"}`,
			`→command 1 Process{delete, fail "no"}`, `←reply 1 failure "no"`,
			`→command Process{} ←reply "A", after a new init where the failure asks for one`,
		},
		"value/cancel/of-a-command-that-never-came": {
			`→a connection of its own, →Discover{1.0} announcing cancel`,
			`→init{}`, `→cancel 7 caller_gone`,
			`→command 1 Process{update "A"}`, `←reply 1 "A" update "A"`,
			`→cancel 7 deadline`, `→command 2 Process{} ←reply 2 "A"`, `→half-close ←end OK`,
		},
	} {
		if diff := cmp.Diff(want, script(id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func script(id string) []string {
	var lines []string
	for _, c := range value.Cases() {
		if c.ID != id {
			continue
		}
		for _, step := range c.Script {
			lines = append(lines, step.Describe())
		}
	}
	return lines
}
