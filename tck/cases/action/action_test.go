package action_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/cases/action"
)

// Cloudstate's kit has thirty-four checks on actions, and each is made here, once.
func TestEachCheckOfCloudstateIsMade(t *testing.T) {
	t.Parallel()
	made := map[string]string{}
	for _, c := range action.Cases() {
		for _, check := range c.Cloudstate {
			if other := made[check]; other != "" {
				t.Errorf("%s and %s both make %s", c.ID, other, check)
			}
			made[check] = c.ID
		}
	}
	if len(made) != 34 {
		t.Errorf("%d checks are made: %v", len(made), made)
	}
}

// What `tck explain` prints is what the wire will show.
func TestAScriptReadsAsTheWire(t *testing.T) {
	t.Parallel()
	served := `→call ProcessUnary {[reply "barrier"]} →half-close ←reply "barrier" ←end OK`
	target := func(id string) string { return `ActionTwoService/Call ActionTwoServiceCallRequest "` + id + `"` }
	for id, want := range map[string][]string{
		"action/unary/forward/with-a-synchronous-effect": {
			`→call ProcessUnary {[forward "one", effect "x" sync]} →half-close`,
			`←forward ` + target("one") + ` effects [` + target("x") + ` sync]`,
			`←end OK`, served,
		},
		"action/streamed-in/no-requests": {
			`→call ProcessStreamedIn`, `→half-close`, `←no case`, `←end OK`,
			`→call ProcessStreamedIn →request {[reply "barrier"]} →half-close ←reply "barrier" ←end OK`,
		},
		"action/unary/garbled-payload": {
			`→call ProcessUnary with ProcessRequest of 3 B →half-close`,
			`←a failure, or an end with another status than OK`, served,
		},
		"action/calls/a-failure-concerns-one-call": {
			`a →call ProcessStreamed`, `b →call ProcessStreamed`,
			`a →request {[fail "no"]}`, `a ←failure "no"`, `a →reset`,
			`b →request {[reply "B"]}`, `b ←reply "B"`, `b →half-close`, `b ←end OK`,
		},
		"action/flow/many-responses": {
			`→call ProcessStreamedOut {[reply "A"], [reply "A"], … (300 groups)} →half-close`,
			`←reply "A", 300 times`, `←end OK`,
		},
		"action/streamed/later-names-and-metadata": {
			`→call ProcessStreamed`,
			`→call ActionTwoService/Call {[reply "A"]} with metadata`, `→half-close`, `←reply "A"`, `←end OK`,
		},
	} {
		if diff := cmp.Diff(want, script(id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func script(id string) []string {
	var lines []string
	for _, c := range action.Cases() {
		if c.ID != id {
			continue
		}
		for _, step := range c.Script {
			lines = append(lines, step.Describe())
		}
	}
	return lines
}
