package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/known"
	"github.com/stateward/stateward/tck/report"
)

// listing is the failing run with what is measured, judged by a list of these ids.
func listing(expired bool, ids ...string) report.Run {
	run := whole()
	run.Results[0] = result("beta/two", fail, "B-1", "B-2")
	for _, id := range ids {
		run.Known = append(run.Known, &tckv1.KnownFailure{Id: id, Reason: "it is being mended", Expires: "2027-01-31", Expired: expired})
	}
	run.Results = run.Known.Judge(run.Results)
	return run
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run    report.Run
		want   tckv1.Result
		reason string
	}{
		"by its requirement": {listing(false, "B-2"), tckv1.Result_RESULT_PARTIAL, "known to fail: B-1, B-2"},
		"by its case":        {listing(false, "beta/two"), tckv1.Result_RESULT_PARTIAL, "known to fail: B-1, B-2"},
		"expired":            {listing(true, "beta/two"), tckv1.Result_RESULT_NON_CONFORMANT, "failed: B-1, B-2"},
		"another one":        {listing(false, "alpha/one"), tckv1.Result_RESULT_NON_CONFORMANT, "failed: B-1, B-2"},
		"a stale one": {
			listing(false, "A-1", "B-1"), tckv1.Result_RESULT_PARTIAL,
			"known to fail: B-1, B-2; to be taken off the list of known failures: A-1",
		},
	} {
		r := report.New(test.run)
		if r.GetResult() != test.want || r.GetReason() != test.reason {
			t.Errorf("%s: got %v because %q, want %v because %q", name, r.GetResult(), r.GetReason(), test.want, test.reason)
		}
		verifies(t, r)
	}
	counts := report.New(listing(false, "beta/two")).GetProfiles()[1]
	if want := (&tckv1.ProfileResult{Profile: "beta", Required: 2, Run: 2, KnownFailed: 2}); !proto.Equal(counts, want) {
		t.Errorf("the counts are %v, want %v", counts, want)
	}
}

func verifies(t *testing.T, r *tckv1.Report) {
	t.Helper()
	text, err := report.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if problems := report.Verify(text, specification()); len(problems) > 0 {
		t.Errorf("the kit's own report does not verify: %q", problems)
	}
}

// Whoever computes the digest anew is found by the list itself.
func TestVerifyHoldsVerdictsAgainstTheList(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run    report.Run
		change func(*tckv1.Report)
		want   string
	}{
		"no list":        {listing(false, "beta/two"), func(r *tckv1.Report) { r.KnownFailures = nil }, "does not fit the list"},
		"no stale entry": {listing(false, "A-1"), func(r *tckv1.Report) { r.KnownFailures = nil }, "does not fit the list"},
		"now expired":    {listing(false, "beta/two"), func(r *tckv1.Report) { r.KnownFailures[0].Expired = true }, "does not fit the list"},
		"not expired":    {listing(true, "beta/two"), func(r *tckv1.Report) { r.KnownFailures[0].Expired = false }, "does not fit the list"},
		"stale, and not said": {
			listing(false, "beta/two"),
			func(r *tckv1.Report) { r.KnownFailures[0].Id = "alpha/one" }, `case "alpha/one" has the verdict VERDICT_PASS`,
		},
		"no reason": {listing(false, "beta/two"), func(r *tckv1.Report) { r.KnownFailures[0].Reason = "" }, "lacks its id, its reason"},
		"twice": {
			listing(false, "beta/two"),
			func(r *tckv1.Report) { r.KnownFailures = slices.Repeat(r.GetKnownFailures(), 2) }, "not in order, each once",
		},
	} {
		r := report.New(test.run)
		test.change(r)
		text, err := report.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if problems := strings.Join(report.Verify(text, specification()), "\n"); !strings.Contains(problems, test.want) {
			t.Errorf("%s: got %s", name, problems)
		}
	}
}

func TestFlakyIsAFailure(t *testing.T) {
	t.Parallel()
	run := whole()
	flaky := result("beta/two", fail, "B-1", "B-2")
	flaky.Verdict, flaky.Runs, flaky.Failed, flaky.Reason = tckv1.Verdict_VERDICT_FLAKY, 5, 2, "it failed in 2 of 5 runs"
	run.Results[0] = flaky
	r := report.New(run)
	if r.GetResult() != tckv1.Result_RESULT_NON_CONFORMANT || r.GetReason() != "flaky: B-1, B-2" || r.GetProfiles()[1].GetFailed() != 2 {
		t.Errorf("got %v because %q, and %v", r.GetResult(), r.GetReason(), r.GetProfiles()[1])
	}
	verifies(t, r)

	run.Known = known.List{{Id: "B-1", Reason: "a race", Expires: "2027-01-31"}}
	run.Results = run.Known.Judge(run.Results)
	r = report.New(run)
	if want := "it failed in 2 of 5 runs; known: a race"; r.GetResult() != tckv1.Result_RESULT_PARTIAL || !isTold(r, want) {
		t.Errorf("a flaky case is not excused: %v", r)
	}
	verifies(t, r)
}

// isTold reports whether the message of a case begins so.
func isTold(r *tckv1.Report, want string) bool {
	return slices.ContainsFunc(r.GetRequirements(), func(row *tckv1.RequirementResult) bool {
		return slices.ContainsFunc(row.GetCases(), func(c *tckv1.CaseResult) bool { return strings.HasPrefix(c.GetReason(), want) })
	})
}

// CI is as red as the kit: by what is stale and flaky, and not by what is known.
func TestJUnitOfKnownFailures(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := report.WriteJUnit(&out, report.New(listing(false, "beta/two", "A-1"))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<skipped message="known: it is being mended;`,
		`<failure message="A-1 is listed as failing, and it passes: it is being mended"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, &out)
		}
	}
}

// A case that passed has no message, whatever its number of runs.
func TestRepeatedPassVerifies(t *testing.T) {
	t.Parallel()
	run := whole()
	run.Results[1].Runs = 3
	r := report.New(run)
	if got := r.GetRequirements()[0].GetCases()[0]; got.GetRuns() != 3 || got.GetFailedRuns() != 0 {
		t.Errorf("got %v", got)
	}
	verifies(t, r)
}
