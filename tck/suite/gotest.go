package suite

import (
	"testing"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Test runs the cases for a user function as subtests of t, for those who use go test
// alone; go test's own flags choose among them:
//
//	go test -run 'TestConformance/event-sourced/rehydrate'
//
// A MUST that was broken fails its subtest; a SHOULD is logged. The subtests are parallel,
// and Config's Report is not written: a report is of a whole run, which `tck function`
// makes. Test fails when the configuration is not valid.
func Test(t *testing.T, config Config) {
	t.Helper()
	if err := config.validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range chosen(config.Profiles) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			result := engine.Run(t.Context(), config.Target(), []engine.Case{c}, engine.Options{Patience: config.Patience})[0]
			switch result.Verdict {
			case tckv1.Verdict_VERDICT_PASS:
			case tckv1.Verdict_VERDICT_WARN:
				t.Log(explain(result))
			default:
				t.Error(explain(result))
			}
		})
	}
}
