package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// brief is a change in one line.
func brief(changes []report.Change) []string {
	var lines []string
	for _, c := range changes {
		short := func(v tckv1.Verdict) string { return strings.ToLower(strings.TrimPrefix(v.String(), "VERDICT_")) }
		lines = append(lines, fmt.Sprintf("%s %s %s→%s %s", c.Kind, c.ID, short(c.Before), short(c.After), strings.Join(c.Cases, ",")))
	}
	return lines
}

func TestCompare(t *testing.T) {
	t.Parallel()
	with := func(change func(*report.Run)) *tckv1.Report {
		run := whole()
		change(&run)
		return report.New(run)
	}
	passing, missing := report.New(whole()), report.New(failing())
	lesser := with(func(r *report.Run) { r.Specification.Requirements = r.Specification.Requirements[1:] })
	for name, test := range map[string]struct {
		before, after *tckv1.Report
		want          []string
	}{
		"nothing": {passing, passing, nil},
		"all broke": {passing, missing, []string{
			"broken A-1 pass→unmeasured alpha/one", "broken A-3 pass→warn alpha/should",
			"broken B-1 pass→fail beta/two", "broken B-2 pass→fail beta/two",
		}},
		"all fixed": {missing, passing, []string{
			"fixed A-1 unmeasured→pass alpha/one", "fixed A-3 warn→pass alpha/should",
			"fixed B-1 fail→pass beta/two", "fixed B-2 fail→pass beta/two",
		}},
		"a further case of what failed anyhow": {
			with(func(r *report.Run) { r.Results[3] = result("beta/one", fail, "B-1") }),
			with(func(r *report.Run) { r.Results[0] = result("beta/two", fail, "B-1") }),
			[]string{"broken B-1 fail→fail beta/one,beta/two", "broken B-2 pass→unmeasured "},
		},
		"a case of what fails still": {
			with(func(r *report.Run) {
				r.Results[0], r.Results[3] = result("beta/two", fail, "B-1", "B-2"), result("beta/one", fail, "B-1")
			}),
			with(func(r *report.Run) { r.Results[0] = result("beta/two", fail, "B-1", "B-2") }),
			[]string{"changed B-1 fail→fail beta/one"},
		},
		"no longer declared": {
			passing, with(func(r *report.Run) { r.Subject.Profiles, r.Results = []string{"beta"}, r.Results[:1] }),
			[]string{"broken A-1 pass→not_applicable ", "broken A-3 pass→not_applicable ", "changed A-2 excused→not_applicable "},
		},
		"a new requirement": {lesser, passing, []string{"new A-1 unspecified→pass "}},
		"one that is gone":  {passing, lesser, []string{"gone A-1 pass→unspecified "}},
		"new, and it fails": {
			lesser, with(func(r *report.Run) { r.Results[1] = result("alpha/one", fail, "A-1") }),
			[]string{"new A-1 unspecified→fail "},
		},
	} {
		if diff := cmp.Diff(test.want, brief(report.Compare(test.before, test.after))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
