package app

import (
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/requirement"
)

// The plan of this kit changes; the words about a plan do not.
func TestOnlyWhatIsMeasuredWholeCanBeDeclared(t *testing.T) {
	t.Parallel()
	set := requirement.Set{
		{ID: "A-1", Role: requirement.Function, Level: requirement.Must, Profile: "whole"},
		{ID: "B-1", Role: requirement.Function, Level: requirement.Must, Profile: "begun"},
		{ID: "B-2", Role: requirement.Function, Level: requirement.Must, Profile: "begun"},
		{ID: "B-3", Role: requirement.Proxy, Level: requirement.Must, Profile: "begun"},
		{ID: "C-1", Role: requirement.Proxy, Level: requirement.Must, Profile: "abroad"},
	}
	plan := requirement.Plan{Lines: []requirement.PlanLine{{ID: "B-2", Role: requirement.Function}}}
	for profile, want := range map[string]string{
		"begun":  "this kit does not measure the profile begun yet: 1 of its 2 MUSTs for functions have no case",
		"abroad": "the profile abroad binds proxies alone",
		"nope":   `there is no profile "nope"`,
	} {
		err := measurable(set, plan, profile)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "what can be declared is whole, or cloudstate-0.2 alone") {
			t.Errorf("%s: got %v, want %q", profile, err, want)
		}
	}
	if err := measurable(set, plan, "whole"); err != nil {
		t.Error(err)
	}
}
