package known_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/known"
)

var today = time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC)

func parse(t *testing.T, text string) known.List {
	t.Helper()
	list, err := known.Parse([]byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestParse(t *testing.T) {
	t.Parallel()
	list := parse(t, `
known:
  - {id: B-1, reason: being mended, issue: "#7", expires: 2027-01-31}
  - {id: A-1, reason: being mended, expires: "2027-01-30"}
`)
	var got []string
	for _, entry := range list {
		state := "in force"
		if entry.GetExpired() {
			state = "expired"
		}
		got = append(got, entry.GetId()+" "+state)
	}
	if diff := cmp.Diff([]string{"A-1 expired", "B-1 in force"}, got); diff != "" {
		t.Error(diff)
	}
	if len(parse(t, "known: []")) != 0 {
		t.Error("an empty list knows something")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"known: [{id: A, expires: 2027-01-01}]":                                                     "A has no reason",
		"known: [{id: A, reason: ' ', expires: 2027-01-01}]":                                        "A has no reason",
		"known: [{id: A, reason: r}]":                                                               `A expires on "", which is no day; write one such as 2027-01-31`,
		"known: [{id: A, reason: r, expires: soon}]":                                                "is no day",
		"known: [{reason: r, expires: 2027-01-01}]":                                                 "has no id",
		"known: [{id: A, reason: r, expires: 2027-01-01, expired: true}]":                           "its day does",
		"known: [{id: A, reason: r, expires: 2027-02-01}, {id: A, reason: r, expires: 2027-02-01}]": "A is listed twice",
		"known: [{id: A, id: B, reason: r, expires: 2027-02-01}]":                                   "no YAML",
		"known: [{id: A, cause: r}]":                                                                "no list of known failures",
		"- id: A":                                                                                   "no list of known failures",
		"\tknown:":                                                                                  "no YAML",
		strings.Repeat("#", 1<<20+1):                                                                "more than",
	} {
		if _, err := known.Parse([]byte(text), today); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

func result(id string, verdict tckv1.Verdict, requirements ...string) engine.Result {
	return engine.Result{Case: engine.Case{ID: id, Requirements: requirements}, Verdict: verdict}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const (
		pass       = tckv1.Verdict_VERDICT_PASS
		fail       = tckv1.Verdict_VERDICT_FAIL
		warn       = tckv1.Verdict_VERDICT_WARN
		flaky      = tckv1.Verdict_VERDICT_FLAKY
		unmeasured = tckv1.Verdict_VERDICT_UNMEASURED
		excused    = tckv1.Verdict_VERDICT_KNOWN_FAIL
		stale      = tckv1.Verdict_VERDICT_STALE_KNOWN
	)
	list := parse(t, `
known:
  - {id: a/fails, reason: "why", issue: "#7", expires: 2027-02-01}
  - {id: a/passes, reason: "why", expires: 2027-02-01}
  - {id: B-1, reason: "why", expires: 2027-02-01}
  - {id: C-1, reason: "why", expires: 2027-01-01}
`)
	in := []engine.Result{
		result("a/fails", fail, "A-1"), result("a/passes", pass, "A-1"), result("a/new", fail, "A-1"),
		result("b/fails", flaky, "B-1"), result("b/passes", pass, "B-1"), result("b/lost", unmeasured, "B-1"),
		result("c/fails", fail, "C-1"), result("d/warns", warn, "D-1"),
	}
	want := []struct {
		verdict tckv1.Verdict
		reason  string
	}{
		{excused, "known: why (#7)"},
		{stale, "a/passes is listed as failing, and it passes: why"},
		{fail, ""},
		{excused, "known: why"},
		{pass, ""},
		{unmeasured, ""},
		{fail, "known until 2027-01-01: why"},
		{warn, ""},
	}
	for i, got := range list.Judge(in) {
		if got.Verdict != want[i].verdict || got.Reason != want[i].reason {
			t.Errorf("%s: got %v because %q, want %v", got.Case.ID, got.Verdict, got.Reason, want[i])
		}
	}
	if in[0].Verdict != fail {
		t.Error("the results that were given have changed")
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	list := parse(t, `
known:
  - {id: A-1, reason: why, expires: 2027-02-01}
  - {id: A-2, reason: why, expires: 2027-02-01}
  - {id: a/one, reason: why, expires: 2027-02-01}
  - {id: s/one, reason: why, expires: 2027-02-01}
`)
	all := []engine.Case{
		{ID: "a/one", Requirements: []string{"A-1"}},
		{ID: "s/one", Requirements: []string{"S-1"}, Level: engine.Should},
	}
	want := []string{
		"A-2 is no case, and no requirement that has one",
		"s/one is a SHOULD, which fails nothing and needs no entry",
	}
	if diff := cmp.Diff(want, list.Unknown(all)); diff != "" {
		t.Error(diff)
	}
}

// What is written is refused until each failure has its reason, and then read.
func TestWrite(t *testing.T) {
	t.Parallel()
	row := func(id string, cases ...*tckv1.CaseResult) *tckv1.RequirementResult {
		return &tckv1.RequirementResult{Id: id, Cases: cases}
	}
	shared := &tckv1.CaseResult{Id: "a/fails", Verdict: tckv1.Verdict_VERDICT_FAIL, Expected: "1", Actual: "2"}
	text := known.Write(&tckv1.Report{
		KnownFailures: []*tckv1.KnownFailure{
			{Id: "C-1", Reason: "say \"why\"", Expires: "2027-02-01"},
			{Id: "c/stale", Reason: "why", Expires: "2027-02-01"},
		},
		Requirements: []*tckv1.RequirementResult{
			row("A-1", shared, &tckv1.CaseResult{Id: "a/passes", Verdict: tckv1.Verdict_VERDICT_PASS}),
			row("A-2", shared, &tckv1.CaseResult{Id: "a/flaky", Verdict: tckv1.Verdict_VERDICT_FLAKY, Reason: "failed in 1 of 2 runs"}),
			row("C-1", &tckv1.CaseResult{Id: "c/known", Verdict: tckv1.Verdict_VERDICT_KNOWN_FAIL}),
			row("C-2", &tckv1.CaseResult{Id: "c/stale", Verdict: tckv1.Verdict_VERDICT_STALE_KNOWN}),
		},
	}, today)
	if _, err := known.Parse(text, today); err == nil || !strings.Contains(err.Error(), "a/fails has no reason") {
		t.Errorf("got %v", err)
	}
	filled := strings.ReplaceAll(string(text), `reason: ""`, `reason: "because"`)
	var got []string
	for _, entry := range parse(t, filled) {
		got = append(got, strings.Join([]string{entry.GetId(), entry.GetReason(), entry.GetExpires()}, ", "))
	}
	want := []string{`C-1, say "why", 2027-02-01`, "a/fails, because, 2027-05-01", "a/flaky, because, 2027-05-01"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(filled, "# expected: 1\n  # actual: 2\n") {
		t.Errorf("it does not say what failed:\n%s", filled)
	}
	if empty := known.Write(&tckv1.Report{}, today); len(parse(t, string(empty))) != 0 {
		t.Errorf("it knows something:\n%s", empty)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"known: [{id: A, reason: r, expires: 2027-01-01}]", "known: []", "", "a: &a [*a]", "known: [null]", "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := known.Parse(text, today)
		if err != nil {
			return
		}
		for _, entry := range list {
			if entry.GetId() == "" || entry.GetReason() == "" || entry.GetExpires() == "" {
				t.Errorf("it lets %v through", entry)
			}
		}
	})
}
