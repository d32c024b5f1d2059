package cases_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/requirement"
)

// checks is how many checks Cloudstate's own kit makes on each kind: 156 in all.
var checks = map[string]int{"action": 34, "event-sourced": 21, "replicated": 82, "value": 19}

// A kind that the kit measures has every check that Cloudstate's kit makes on it.
func TestEveryCheckOfCloudstatesKitIsMade(t *testing.T) {
	t.Parallel()
	made, measured := map[string]map[string]bool{}, map[string]int{}
	for _, c := range cases.Function() {
		if _, kind := checks[c.Model]; kind {
			measured[c.Model] = checks[c.Model]
		}
		for _, name := range c.Cloudstate {
			kind, _, _ := strings.Cut(name, "/")
			if made[kind] == nil {
				made[kind] = map[string]bool{}
			}
			made[kind][name] = true
			if c.Newer {
				t.Errorf("%s makes a check of Cloudstate's kit, and asks for what Cloudstate lacks", c.ID)
			}
		}
	}
	got := map[string]int{}
	for kind, names := range made {
		got[kind] = len(names)
	}
	if len(measured) == 0 {
		t.Error("no kind is measured")
	}
	if diff := cmp.Diff(measured, got); diff != "" {
		t.Errorf("checks of each kind (-want +got):\n%s", diff)
	}
}

// Those of event sourced entities, written out.
func TestChecksOfEventSourcedEntities(t *testing.T) {
	t.Parallel()
	want := []string{
		"event-sourced/command-after-failure",
		"event-sourced/configuration",
		"event-sourced/discovery",
		"event-sourced/effect",
		"event-sourced/effects-with-events-and-snapshot",
		"event-sourced/empty",
		"event-sourced/event",
		"event-sourced/failure",
		"event-sourced/failure-drops-effects",
		"event-sourced/failure-drops-events",
		"event-sourced/forward",
		"event-sourced/forward-with-effect",
		"event-sourced/forward-with-event",
		"event-sourced/forward-with-events-and-snapshot",
		"event-sourced/init-with-snapshot",
		"event-sourced/init-with-snapshot-and-events",
		"event-sourced/rehydration",
		"event-sourced/snapshots",
		"event-sourced/synchronous-effect",
		"event-sourced/three-effects",
		"event-sourced/three-events",
	}
	var got []string
	for _, c := range cases.Function() {
		for _, name := range c.Cloudstate {
			if strings.HasPrefix(name, "event-sourced/") {
				got = append(got, name)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Error(diff)
	}
}

// A check binds, and nothing else does; what a case needs is held to the same.
func TestCloudstateCasesFitWhatTheyAreHeldTo(t *testing.T) {
	t.Parallel()
	set := cases.CloudstateRequirements()
	asked := cases.Cloudstate(cases.Function())
	if err := set.Check(asked); err != nil {
		t.Error(err)
	}
	if !slices.IsSortedFunc(set, func(a, b protocol.Requirement) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the set is not in order, and nothing in it will be found")
	}
	for _, c := range asked {
		if len(c.Cloudstate) > 0 != (c.Level == engine.Must) {
			t.Errorf("%s makes the checks %q, and its level is %q", c.ID, c.Cloudstate, c.Level)
		}
		if need := c.Needs; need != nil && need.Profile != cases.CloudstateProfile {
			t.Errorf("%s needs %s of profile %s", c.ID, need.ID, need.Profile)
		}
	}
	for _, r := range set {
		if r.Text == "" || r.Profile != cases.CloudstateProfile || cases.IsCheck(r.ID) != (r.Level == requirement.Must) {
			t.Errorf("%+v is no line of what a function of Cloudstate 0.2 is held to", r)
		}
	}
}
