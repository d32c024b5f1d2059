package suite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// again runs the suite in a process of its own, for Ginkgo runs one suite in
// each. It returns the output and whether the suite passed.
func again(t *testing.T, flags ...string) (string, bool) {
	t.Helper()
	args := append([]string{"-test.run", "^TestFunction$", "-ginkgo.no-color"}, flags...)
	out, err := exec.CommandContext(t.Context(), os.Args[0], args...).CombinedOutput()
	return string(out), err == nil
}

func TestSuiteFindsAMutant(t *testing.T) {
	out, passed := again(t, "-mutant", "ignores-the-snapshot", "-ginkgo.label-filter", "Req:ES-REPLAY-003")
	if passed {
		t.Fatal("the mutant passes")
	}
	for _, want := range []string{
		"[It] event-sourced/rehydrate/snapshot-then-events", "Area:ES", "Level:must", "Profile:event-sourced", "Role:function",
		"ES-REPLAY-003  MUST", "Expected: reply 1", "Actual:   reply 1", "→init{snapshot",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestSuiteOfNothingFails(t *testing.T) {
	if out, passed := again(t, "-ginkgo.label-filter", "Req:NO-SUCH-001"); passed {
		t.Errorf("nothing ran, and it passes:\n%s", out)
	}
}

func TestSuiteRefusesAProfileThatItCannotMeasure(t *testing.T) {
	if out, passed := again(t, "-profile", "no-such-profile"); passed || !strings.Contains(out, "does not measure") {
		t.Errorf("passed is %v:\n%s", passed, out)
	}
}

func TestSuiteWritesTheReport(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		want  tckv1.Result
	}{
		"model":      {nil, tckv1.Result_RESULT_CONFORMANT},
		"mutant":     {[]string{"-mutant", "reverses-events"}, tckv1.Result_RESULT_NON_CONFORMANT},
		"cloudstate": {[]string{"-profile", "cloudstate-0.2"}, tckv1.Result_RESULT_CONFORMANT},
		"narrowed":   {[]string{"-ginkgo.label-filter", "Area:DISC"}, tckv1.Result_RESULT_PARTIAL},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.yaml")
			out, passed := again(t, append(test.flags, "-report", path)...)
			if passed != (test.want != tckv1.Result_RESULT_NON_CONFORMANT) {
				t.Fatalf("passed is %v:\n%s", passed, out)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if problems := report.Verify(text, report.Current()); len(problems) > 0 {
				t.Errorf("the report does not verify: %q", problems)
			}
			if r, err := report.Unmarshal(text); err != nil || r.GetResult() != test.want {
				t.Errorf("the result is %v because %s, want %v", r.GetResult(), r.GetReason(), test.want)
			}
		})
	}
}
