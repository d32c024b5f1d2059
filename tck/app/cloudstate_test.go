package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/dialect"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/requirement"
)

// A function that serves the services of Cloudstate alone is held to the checks of
// Cloudstate's kit, declared or not, and to all of them.
func TestCloudstateFunctionPasses(t *testing.T) {
	musts := cases.CloudstateRequirements().Select(requirement.Query{Level: requirement.Must})
	for _, flags := range []string{"", "--profile cloudstate-0.2", "--dialect cloudstate-0.2"} {
		t.Run(flags, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"function", modelIn(t, dialect.Cloudstate, ""), "--report-dir", dir}, strings.Fields(flags)...)
			run(t, args...).expect(t, app.ExitPassed, "conformant: every MUST of cloudstate-0.2 passed")
			r := verified(t, dir, tckv1.Result_RESULT_CONFORMANT)
			counts := r.GetProfiles()[0]
			if required := int(counts.GetRequired()); len(r.GetProfiles()) != 1 || required != len(musts) || int(counts.GetPassed()) != required {
				t.Errorf("the counts are %v, and there are %d checks", r.GetProfiles(), len(musts))
			}
			if counts.GetWarned() != 0 {
				t.Errorf("a correct function is warned %d times", counts.GetWarned())
			}
			if got := r.GetSubject().GetServiceInfo().GetProtocol(); got != "0.2" {
				t.Errorf("the report says that it speaks %q", got)
			}
		})
	}
}

// What breaks a check fails, in the words of that check.
func TestCloudstateFunctionFails(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", modelIn(t, dialect.Cloudstate, "ignores-the-snapshot"), "--seed", "7", "--report-dir", dir).
		expect(t, app.ExitFailed, "✗ cloudstate/event-sourced/init-with-snapshot  MUST  function  event-sourced/rehydrate/snapshot",
			"On activation the function applies the snapshot", "Likely: the snapshot in init was ignored",
			"--dialect cloudstate-0.2 --run event-sourced/rehydrate/snapshot --seed 7 --hold", "non-conformant: failed: cloudstate/event-sourced/")
	verified(t, dir, tckv1.Result_RESULT_NON_CONFORMANT)
	trace := filepath.Join(dir, "traces", "event-sourced", "rehydrate", "snapshot.json")
	run(t, "replay", trace, modelIn(t, dialect.Cloudstate, "ignores-the-snapshot")).expect(t, app.ExitPassed, "The subject did the same.")
	run(t, "replay", trace, modelIn(t, dialect.Cloudstate, "")).expect(t, app.ExitFailed, "≠")
}

// What breaks a requirement that is beyond the checks is told, and fails nothing.
func TestCloudstateFunctionIsWarned(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", modelIn(t, dialect.Cloudstate, "is-nameless"), "--report-dir", dir).
		expect(t, app.ExitPassed, "! DISC-INFO-002  SHOULD", "conformant: every MUST of cloudstate-0.2 passed")
	r := verified(t, dir, tckv1.Result_RESULT_CONFORMANT)
	if warned := r.GetProfiles()[0].GetWarned(); warned == 0 {
		t.Error("the report counts no warning")
	}
}

// A run may be narrowed to checks by their names, in either dialect.
func TestChecksCanBeSelected(t *testing.T) {
	for _, in := range []dialect.Dialect{dialect.V1, dialect.Cloudstate} {
		dir := t.TempDir()
		run(t, "function", modelIn(t, in, ""), "--run", "cloudstate/event-sourced/*", "--report-dir", dir).
			expect(t, app.ExitPassed, "partial: nothing that ran failed")
		ran := map[string]bool{}
		for _, row := range verified(t, dir, tckv1.Result_RESULT_PARTIAL).GetRequirements() {
			for _, c := range row.GetCases() {
				ran[c.GetId()] = true
			}
		}
		if len(ran) < 21 || ran["core/keys/unicode"] {
			t.Errorf("%s: %d cases ran", in, len(ran))
		}
	}
}

// A function of version 1 is none of Cloudstate's, and the other way round.
func TestADialectThatIsNotThere(t *testing.T) {
	run(t, "function", model(t, ""), "--profile", "cloudstate-0.2").
		expect(t, app.ExitNeverReady, "it does not serve cloudstate.EntityDiscovery")
	dir := t.TempDir()
	run(t, "function", modelIn(t, dialect.Cloudstate, ""), "--profile", "core", "--report-dir", dir).
		expect(t, app.ExitNeverReady, "it does not serve stateward.discovery.v1.DiscoveryService")
	if r := verified(t, dir, tckv1.Result_RESULT_INVALID); r.GetSubject().GetProfilesFrom() != report.Declared {
		t.Errorf("the profiles are %v", r.GetSubject())
	}
}

func TestDialectsAndProfilesThatDoNotFit(t *testing.T) {
	for line, want := range map[string]string{
		"--profile core,cloudstate-0.2":                "the profile cloudstate-0.2 stands alone",
		"--profile core --dialect cloudstate-0.2":      "--dialect cloudstate-0.2 does not go with --profile core",
		"--profile cloudstate-0.2 --dialect v1":        "--dialect v1 does not go with --profile cloudstate-0.2",
		"--profile cloudstate-0.2 --run DISC-INFO-001": "nothing selected",
	} {
		run(t, append([]string{"function", "addr:x:1"}, strings.Fields(line)...)...).expect(t, app.ExitUsage, want)
	}
}

// A check is explained as a requirement is, and a case names those that it makes.
func TestChecksAreExplained(t *testing.T) {
	run(t, "explain", "cloudstate/event-sourced/event").
		expect(t, app.ExitPassed, "MUST  function  since 0.2  profile cloudstate-0.2", "ES-EMIT-001: A reply carries", "event-sourced/events/one\n")
	run(t, "explain", "event-sourced/events/one").
		expect(t, app.ExitPassed, "ES-EMIT-001", "makes the check cloudstate/event-sourced/event\n")
}
