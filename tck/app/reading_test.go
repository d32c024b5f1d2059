package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/cases"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func TestListShowsEachCase(t *testing.T) {
	got := run(t, "list")
	got.expect(t, app.ExitPassed, "event-sourced/rehydrate/snapshot-then-events")
	if lines, want := strings.Count(got.out, "\n"), len(cases.Function()); lines != want || want == 0 {
		t.Errorf("%d lines for %d cases", lines, want)
	}
}

func TestListChooses(t *testing.T) {
	got := run(t, "list", "event-sourced/rehydrate/*", "--level", "must")
	got.expect(t, app.ExitPassed)
	for line := range strings.Lines(got.out) {
		if !strings.HasPrefix(line, "event-sourced/rehydrate/") || !strings.Contains(line, "MUST") {
			t.Errorf("it lists %q", line)
		}
	}
}

func TestListByAreaAndProfile(t *testing.T) {
	got := run(t, "list", "--area", "DISC", "--profile", "core", "--level", "must")
	got.expect(t, app.ExitPassed, "discovery/call/answers")
	for line := range strings.Lines(got.out) {
		if !strings.Contains(line, " MUST ") || !strings.Contains(line, " core ") || !strings.Contains(line, "DISC-") {
			t.Errorf("it lists %q", line)
		}
	}
	run(t, "list", "--area", "NONE").expect(t, app.ExitUsage, "nothing selected")
	run(t, "list", "--profile", "none").expect(t, app.ExitUsage, "nothing selected")
}

// Each case can be explained, and says each thing that it sends and expects.
func TestExplain(t *testing.T) {
	run(t, "explain", "ES-REPLAY-003").expect(t, app.ExitPassed,
		"ES-REPLAY-003  MUST  function", "On activation the function applies", "protocol/spec/event-sourced.md",
		"event-sourced/rehydrate/snapshot-then-events\n", "→init{snapshot", "←reply 1 \"ABCDEFG\"")
	run(t, "explain", "es-init-001").expect(t, app.ExitPassed, "It binds the proxy")
	run(t, "explain", "ES-REPLAY-007").expect(t, app.ExitPassed, "No case can show it: ")
	for _, c := range cases.Function() {
		run(t, "explain", c.ID).expect(t, app.ExitPassed, c.Requirements[0], c.Script[0].Describe())
	}
}

func TestCoverage(t *testing.T) {
	run(t, "coverage").expect(t, app.ExitPassed, "ES-REPLAY-003", "untestable: ", "planned: ", "measured whole, for functions: ")
}

func TestCoverageOfAPart(t *testing.T) {
	got := run(t, "coverage", "--role", "function", "--profile", "core")
	got.expect(t, app.ExitPassed, "function  core ")
	for _, other := range []string{"proxy ", " event-sourced "} {
		if strings.Contains(got.out, other) {
			t.Errorf("it shows %q:\n%s", other, got.out)
		}
	}
	run(t, "coverage", "--role", "nobody").expect(t, app.ExitUsage, "nothing selected")
}

// A report that lacks a case which the kit has run, or has one that it does not
// have, was made by hand: the digest is computed anew in no time.
func TestVerifyKnowsTheCases(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", model(t, ""), "--profile", declared, "--report-dir", dir).expect(t, app.ExitPassed)
	const first = "event-sourced/rehydrate/events"
	for name, change := range map[string]func(*tckv1.RequirementResult){
		"ES-REPLAY-003: it has":                         func(row *tckv1.RequirementResult) { row.Cases = row.GetCases()[1:] },
		`ES-REPLAY-003: this kit has no case "a" of it`: func(row *tckv1.RequirementResult) { row.Cases[0].Id = "a" },
	} {
		r := verified(t, dir, tckv1.Result_RESULT_CONFORMANT)
		for _, row := range r.GetRequirements() {
			if row.GetId() == "ES-REPLAY-003" && row.GetCases()[0].GetId() == first {
				change(row)
			}
		}
		text, err := report.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "forged.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "report", "verify", file).expect(t, app.ExitFailed, name)
	}
}

func TestVerifyTree(t *testing.T) {
	tree := t.TempDir()
	run(t, "report", "verify", tree).expect(t, app.ExitUsage, "there is no report")

	dir := filepath.Join(tree, "v1", "acme-sdk")
	file := filepath.Join(dir, "1.2.yaml")
	run(t, "function", model(t, ""), "--profile", declared, "--report", file,
		"--organization", "acme", "--project", "sdk", "--subject-version", "1.2").expect(t, app.ExitPassed)
	run(t, "report", "verify", tree).expect(t, app.ExitFailed, `section "Reproduce"`, "1 of 1 reports do not verify")
	run(t, "report", "verify", file).expect(t, app.ExitPassed, "verified")

	readme := "# acme sdk\n\n## Reproduce\n\nRun it.\n"
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "verify", tree).expect(t, app.ExitPassed, "verified")
	t.Chdir(dir)
	run(t, "report", "verify", ".").expect(t, app.ExitPassed, "verified")

	if err := os.Rename(file, filepath.Join(dir, "1.3.yaml")); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "verify", tree).expect(t, app.ExitFailed, "it should stand at v1/acme-sdk/1.2.yaml")

	if err := os.WriteFile(file, []byte("schema: v1\nresult: RESULT_CONFORMANT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "verify", file).expect(t, app.ExitFailed, "the digest is", "there is no requirement")
}
