package report

import (
	"testing"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	got := string(canonical(&tckv1.Report{
		Schema: "a\"\\/\b\f\n\r\t\x01\x7f<&>é\u2028😀",
		Kit:    &tckv1.Kit{Seed: -7, Commit: "c"},
		Result: tckv1.Result_RESULT_PARTIAL,
		Requirements: []*tckv1.RequirementResult{
			{Id: "A-1", Cases: []*tckv1.CaseResult{{Id: "x"}, {}}},
			{},
		},
		Profiles: []*tckv1.ProfileResult{{Passed: 3}},
	}))
	want := `{"kit":{"commit":"c","seed":"-7"},"profiles":[{"passed":3}],` +
		`"requirements":[{"cases":[{"id":"x"},{}],"id":"A-1"},{}],"result":"RESULT_PARTIAL",` +
		`"schema":"a\"\\/\b\f\n\r\t\u0001` + "\x7f<&>é\u2028😀" + `"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
