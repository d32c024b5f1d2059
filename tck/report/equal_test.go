package report_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func TestUnequal(t *testing.T) {
	t.Parallel()
	of := func(change func(*tckv1.Report)) *tckv1.Report {
		r := &tckv1.Report{
			Specification: &tckv1.Specification{RequirementsDigest: "sha256:1"},
			Result:        tckv1.Result_RESULT_CONFORMANT,
			Profiles: []*tckv1.ProfileResult{
				{Profile: "core", Required: 3, Run: 3, Passed: 3, Excused: 1},
				{Profile: "value", Required: 2, Run: 2, Passed: 2},
			},
		}
		change(r)
		return r
	}
	first := of(func(*tckv1.Report) {})
	for name, test := range map[string]struct {
		change func(*tckv1.Report)
		want   []string
	}{
		"the same":            {func(r *tckv1.Report) { r.Subject = &tckv1.Subject{Project: "another"} }, nil},
		"another order":       {func(r *tckv1.Report) { slices.Reverse(r.GetProfiles()) }, nil},
		"another result":      {func(r *tckv1.Report) { r.Result = tckv1.Result_RESULT_PARTIAL }, []string{"result: RESULT_PARTIAL, where the first has RESULT_CONFORMANT"}},
		"other sentences":     {func(r *tckv1.Report) { r.Specification.RequirementsDigest = "sha256:2" }, []string{"requirements: sha256:2, where the first has sha256:1"}},
		"a profile less":      {func(r *tckv1.Report) { r.Profiles = r.GetProfiles()[:1] }, []string{"profiles: core, where the first has core,value"}},
		"a requirement less":  {func(r *tckv1.Report) { r.Profiles[1].Required-- }, []string{"value: 1 required, 2 run, 2 passed, 0 excused, where the first has 2 required, 2 run, 2 passed, 0 excused"}},
		"one that is excused": {func(r *tckv1.Report) { r.Profiles[0].Excused++ }, []string{"core: 3 required, 3 run, 3 passed, 2 excused, where the first has 3 required, 3 run, 3 passed, 1 excused"}},
	} {
		if diff := cmp.Diff(test.want, report.Unequal(first, of(test.change))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
