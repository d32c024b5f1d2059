package app_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// pages is where TestPages leaves its pages for the browser of `make checkreport`.
var pages = flag.String("pages", "", "keep the pages in this `DIR`")

// rewritten is the report of dir with a change, in a file beside it.
func rewritten(t *testing.T, dir, name string, change func(*tckv1.Report)) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "report.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	if text, err = report.Marshal(r); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// hostile is what a subject may say to break a page.
const hostile = "</script><script>document.title='broken'</script><img src=https://acme.example/x onerror=alert(1)>\u202eabc"

// TestPages makes the pages of a failing subject, and of a report that was tampered
// with to break the page.
func TestPages(t *testing.T) {
	dir := *pages
	if dir == "" {
		dir = t.TempDir()
	}
	run(t, "function", model(t, "ignores-the-snapshot"), "--seed", "7", "-p", "64", "--patience", "1s", "--report-dir", dir,
		"--organization", "acme", "--project", "sdk", "--subject-version", "1.4.0").expect(t, app.ExitFailed, "wrote "+dir)
	file := rewritten(t, dir, "hostile.yaml", func(r *tckv1.Report) {
		s := r.GetSubject()
		s.Organization, s.Url, s.Attached, s.ServiceInfo.ServiceName = hostile, hostile, hostile, hostile
		for _, row := range r.GetRequirements() {
			for _, c := range row.GetCases() {
				if c.GetActual() != "" {
					c.Actual, c.Repro, c.Likely = hostile+strings.Repeat("x", 1<<16), hostile, strings.Repeat("ש", 500)
					c.Wire = append(c.GetWire(), "←"+c.GetActual())
				}
			}
		}
	})
	run(t, "report", "html", file).expect(t, app.ExitPassed, "does not verify: the digest is", "hostile.html")
	for name, parts := range map[string][]string{
		"report.html":  {"acme sdk 1.4.0", `<li class="received broken">`, "--run event-sourced/rehydrate/snapshot-then-events --seed 7 --hold"},
		"hostile.html": {"This report does not verify", "&lt;script&gt;", "more characters)"},
		"report.json":  {`"result": "RESULT_NON_CONFORMANT"`},
		"badge.json":   {`"message":"non-conformant"`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
		if strings.Contains(string(text), "<script>document") {
			t.Errorf("%s has a foreign script", name)
		}
	}
	run(t, "report", "verify", filepath.Join(dir, "report.json")).expect(t, app.ExitPassed, "verified")
}

func TestReportCommands(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "report.yaml")
	run(t, "function", model(t, ""), "--profile", declared, "--report", file).expect(t, app.ExitPassed)

	run(t, "report", "html", file).expect(t, app.ExitPassed, "wrote "+filepath.Join(dir, "report.html"))
	run(t, "report", "html", file, "-o", "-", "--docs", "../docs").expect(t, app.ExitPassed,
		"<!doctype html>", `<a href="../docs/event-sourced.html#ES-REPLAY-003">`)
	run(t, "report", "html", filepath.Join(dir, "none.yaml")).expect(t, app.ExitUsage, "no such file")
	run(t, "report", "schema").expect(t, app.ExitPassed, `"$schema"`)

	run(t, "report", "badge", file).expect(t, app.ExitPassed, `"message":"conformant"`)
	run(t, "report", "badge", file, "--profile", "core", "-o", filepath.Join(dir, "badge.json")).expect(t, app.ExitPassed, "badge.json")
	run(t, "report", "badge", file, "--profile", "omega").expect(t, app.ExitUsage, `no profile "omega"`)
	forged := rewritten(t, dir, "forged.yaml", func(r *tckv1.Report) { r.Result = tckv1.Result_RESULT_CONFORMANT; r.Kit.Seed++ })
	run(t, "report", "badge", forged).expect(t, app.ExitFailed, "does not verify")
}

func TestDiff(t *testing.T) {
	good, bad := t.TempDir(), t.TempDir()
	subject := []string{"--run", "ES-REPLAY-*", "--report-dir"}
	run(t, append([]string{"function", model(t, "")}, append(subject, good)...)...).expect(t, app.ExitPassed)
	run(t, append([]string{"function", model(t, "applies-events-in-reverse")}, append(subject, bad)...)...).expect(t, app.ExitFailed)
	before, after := filepath.Join(good, "report.yaml"), filepath.Join(bad, "report.json")

	run(t, "report", "diff", before, before).expect(t, app.ExitPassed, "no verdict differs")
	run(t, "report", "diff", before, after).expect(t, app.ExitFailed, "result: partial → non-conformant",
		"broken  ES-REPLAY-003  MUST  event-sourced  pass → fail  event-sourced/", " fixed, 0 changed")
	run(t, "report", "diff", after, before).expect(t, app.ExitPassed, "fixed  ES-REPLAY-003", "0 broken")

	var document struct {
		Result  struct{ Before, After string }
		Changes []struct {
			ID, Kind string
			Verdict  struct{ Before, After string }
			Cases    []string
		}
	}
	got := run(t, "report", "diff", "--json", before, after)
	got.expect(t, app.ExitFailed)
	if err := json.Unmarshal([]byte(got.out), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Changes) == 0 || document.Result.After != "non-conformant" || document.Changes[0].Kind != "broken" ||
		document.Changes[0].Verdict.After != "fail" || len(document.Changes[0].Cases) == 0 {
		t.Errorf("got %s", got.out)
	}
}

func TestEqual(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "report.yaml")
	run(t, "function", model(t, ""), "--profile", declared, "--report", file).expect(t, app.ExitPassed)
	run(t, "report", "equal", file).expect(t, app.ExitUsage, "two REPORTs")
	run(t, "report", "equal", file, filepath.Join(dir, "none.yaml")).expect(t, app.ExitUsage, "no such file")
	forged := rewritten(t, dir, "forged.yaml", func(r *tckv1.Report) { r.Profiles[0].Passed++ })
	run(t, "report", "equal", file, forged).expect(t, app.ExitFailed, "does not verify")
	run(t, "report", "equal", file, file, file).expect(t, app.ExitPassed, "3 reports are equal: conformant")

	fewer := filepath.Join(dir, "fewer.yaml")
	run(t, "function", model(t, ""), "--profile", "core,forwarding,http", "--report", fewer).expect(t, app.ExitFailed)
	run(t, "report", "equal", file, fewer).expect(t, app.ExitFailed, "profiles: core,forwarding,http, where the first has action,", "1 of 2 reports are not like "+file)
}

// The index of the published reports is the one that they give.
func TestPublishedIndexIsFresh(t *testing.T) {
	run(t, "report", "index", "../../conformance-reports", "--check").expect(t, app.ExitPassed)
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "v1", "acme-sdk", "1.2.yaml")
	run(t, "function", model(t, ""), "--profile", declared, "--report", file,
		"--organization", "acme", "--project", "sdk", "--subject-version", "1.2").expect(t, app.ExitPassed)
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "README.md"), []byte("# sdk\n\n## Reproduce\n\nRun it.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "index", dir, "--check").expect(t, app.ExitFailed, "is stale")
	run(t, "report", "index", dir).expect(t, app.ExitPassed, "INDEX.md")
	run(t, "report", "index", dir, "--check").expect(t, app.ExitPassed)
	run(t, "report", "verify", dir).expect(t, app.ExitPassed, "verified")

	if err := os.WriteFile(filepath.Join(dir, "INDEX.md"), []byte("all is well"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "verify", dir).expect(t, app.ExitFailed, "INDEX.md is stale")
	run(t, "report", "index", dir).expect(t, app.ExitPassed, "INDEX.md", "matrix.html")
	if err := os.WriteFile(filepath.Join(dir, "matrix.html"), []byte("all is well"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "verify", dir).expect(t, app.ExitFailed, "matrix.html is stale")
	run(t, "report", "index", dir, "--check").expect(t, app.ExitFailed, "matrix.html is stale")
	run(t, "report", "index", file).expect(t, app.ExitUsage, "is no directory")
	if err := os.WriteFile(file, []byte("mood: good"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "report", "index", dir).expect(t, app.ExitFailed, "no report")
}
