package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// file writes a file into a directory of its own, and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// From the first red run to a gate that is green for as long as somebody has said.
func TestKnownFailures(t *testing.T) {
	dir := t.TempDir()
	mutant := model(t, "ignores-the-snapshot")
	run(t, "function", mutant, "--run", "event-sourced/rehydrate/*", "--report-dir", dir).expect(t, app.ExitFailed)
	written := run(t, "known", "init", filepath.Join(dir, "report.yaml"))
	written.expect(t, app.ExitPassed, "id: event-sourced/rehydrate/snapshot-then-events", "# expected: ")

	unexplained := file(t, "known.yaml", written.out)
	run(t, "function", mutant, "--known", unexplained).expect(t, app.ExitFailed, unexplained+": ", " has no reason")

	explained := file(t, "known.yaml", strings.ReplaceAll(written.out, `reason: ""`, `reason: "being mended"`))
	run(t, "function", mutant, "--run", "event-sourced/rehydrate/*", "--known", explained, "--report-dir", dir).
		expect(t, app.ExitPassed, "failed as listed", "partial: known to fail: ")
	r := verified(t, dir, tckv1.Result_RESULT_PARTIAL)
	if len(r.GetKnownFailures()) == 0 || r.GetKnownFailures()[0].GetReason() != "being mended" {
		t.Errorf("the report does not say what is known: %v", r.GetKnownFailures())
	}

	run(t, "function", model(t, ""), "--run", "event-sourced/rehydrate/*", "--known", explained, "--report-dir", dir).
		expect(t, app.ExitFailed, "to be taken off the list of known failures", "is listed as failing, and it passes: being mended")
	verified(t, dir, tckv1.Result_RESULT_PARTIAL)
}

func TestKnownFailuresRunOut(t *testing.T) {
	dir := t.TempDir()
	list := file(t, "known.yaml", "known: [{id: ES-REPLAY-003, reason: being mended, issue: '#7', expires: 2020-02-29}]")
	run(t, "function", model(t, "ignores-the-snapshot"), "--run", "ES-REPLAY-003", "--known", list, "--report-dir", dir).
		expect(t, app.ExitFailed, "✗ ES-REPLAY-003", "known until 2020-02-29: being mended (#7)")
	verified(t, dir, tckv1.Result_RESULT_NON_CONFORMANT)
}

func TestListsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"known: [{id: NO-SUCH-001, reason: r, expires: 2999-01-01}]":   "NO-SUCH-001 is no case",
		"known: [{id: ES-REPLAY-003, reason: r}]":                      "which is no day",
		"known: [{id: ES-REPLAY-003, expires: 2999-01-01}]":            "ES-REPLAY-003 has no reason",
		"known: [{id: ES-REPLAY-003, excuse: r, expires: 2999-01-01}]": "no list of known failures",
	} {
		run(t, "function", "addr:127.0.0.1:1", "--known", file(t, "known.yaml", text)).expect(t, app.ExitFailed, "known.yaml: ", want)
	}
	run(t, "function", "addr:127.0.0.1:1", "--known", "no/such/file").expect(t, app.ExitUsage, "no such file")
	run(t, "known", "init", "no/such/file").expect(t, app.ExitUsage, "no such file")
	run(t, "known", "init", file(t, "report.yaml", "a: b")).expect(t, app.ExitUsage, "this is no report")
}

func TestFailedLast(t *testing.T) {
	dir := t.TempDir()
	mutant := model(t, "ignores-the-snapshot")
	run(t, "function", mutant, "--failed-last").expect(t, app.ExitUsage, "--failed-last needs --report-dir")
	run(t, "function", mutant, "--failed-last", "--report-dir", dir).expect(t, app.ExitUsage, "no such file")

	run(t, "function", mutant, "--run", "event-sourced/rehydrate/*", "--report-dir", dir).expect(t, app.ExitFailed)
	failed := map[string]bool{}
	for _, row := range read(t, dir).GetRequirements() {
		for _, c := range row.GetCases() {
			if c.GetVerdict() != tckv1.Verdict_VERDICT_PASS {
				failed[c.GetId()] = true
			}
		}
	}
	kept := filepath.Join(dir, "first.yaml")
	if err := os.Rename(filepath.Join(dir, "report.yaml"), kept); err != nil {
		t.Fatal(err)
	}
	run(t, "function", mutant, "--failed-last="+kept, "--report-dir", dir).expect(t, app.ExitFailed, "✗ ")
	r := verified(t, dir, tckv1.Result_RESULT_NON_CONFORMANT)
	if got := r.GetSelection().GetRun(); len(got) != len(failed) || len(failed) == 0 {
		t.Errorf("%d cases were run again, and %d had failed: %q", len(got), len(failed), got)
	}
	run(t, "function", model(t, ""), "--failed-last", "--report-dir", dir).expect(t, app.ExitPassed, "partial")
	run(t, "function", model(t, ""), "--failed-last", "--report-dir", dir).
		expect(t, app.ExitUsage, "nothing selected: all ", "have passed")
}

// A report of a run in which nothing ran narrows nothing: all of it is to be run.
func TestFailedLastAfterASubjectThatNeverWasReady(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", "cmd:"+function+" die", "--report-dir", dir).expect(t, app.ExitNeverReady)
	run(t, "function", model(t, ""), "--failed-last", "--report-dir", dir).expect(t, app.ExitPassed, "conformant: every MUST")
}

func TestRepeat(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", model(t, ""), "--run", "ES-REPLAY-003", "--repeat", "3", "--report-dir", dir).expect(t, app.ExitPassed)
	for _, row := range verified(t, dir, tckv1.Result_RESULT_PARTIAL).GetRequirements() {
		for _, c := range row.GetCases() {
			if c.GetRuns() != 3 || c.GetFailedRuns() != 0 {
				t.Errorf("%s failed in %d of %d runs", c.GetId(), c.GetFailedRuns(), c.GetRuns())
			}
		}
	}
}

func TestFlaky(t *testing.T) {
	dir := t.TempDir()
	wavers := "cmd:" + wild + " wavers"
	run(t, "function", wavers, "--run", "discovery/call/answers", "--repeat", "4", "--report-dir", dir).
		expect(t, app.ExitFailed, "✗ DISC-CALL-001", "Note: it failed in 2 of 4 runs", " --repeat 4\n", "non-conformant: flaky: DISC-CALL-001")
	for _, row := range verified(t, dir, tckv1.Result_RESULT_NON_CONFORMANT).GetRequirements() {
		if row.GetId() == "DISC-CALL-001" && row.GetVerdict() != tckv1.Verdict_VERDICT_FLAKY {
			t.Errorf("the verdict is %v", row.GetVerdict())
		}
	}
	run(t, "known", "init", filepath.Join(dir, "report.yaml")).expect(t, app.ExitPassed, "id: discovery/call/answers")
}

func TestQuietAndAnnotated(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	got := run(t, "function", model(t, ""), "--run", "ES-REPLAY-003", "--quiet")
	got.expect(t, app.ExitPassed, "partial: ")
	if strings.Count(got.out, "\n") != 1 {
		t.Errorf("that is not quiet:\n%s", got.out)
	}
	const command = "::error title=ES-REPLAY-003 event-sourced/rehydrate/"
	fails := []string{"function", model(t, "ignores-the-snapshot"), "--run", "ES-REPLAY-003", "--quiet"}
	if got := run(t, fails...); strings.Contains(got.out, command) {
		t.Errorf("nobody has asked for workflow commands:\n%s", got.out)
	}
	run(t, append(fails, "--annotations")...).expect(t, app.ExitFailed, command, "::error title=tck::failed: ES-REPLAY-003")
	t.Setenv("GITHUB_ACTIONS", "true")
	run(t, fails...).expect(t, app.ExitFailed, command)
	if got := run(t, append(fails, "--annotations=false")...); strings.Contains(got.out, command) {
		t.Errorf("workflow commands were turned off:\n%s", got.out)
	}
}

// The SHOULDs alone.
func TestLevelShould(t *testing.T) {
	got := run(t, "list", "--level", "should")
	got.expect(t, app.ExitPassed, "SHOULD")
	if strings.Contains(got.out, " MUST ") {
		t.Errorf("it lists a MUST:\n%s", got.out)
	}
}
