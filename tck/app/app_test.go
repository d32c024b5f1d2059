package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/dialect"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/mutant"
	"github.com/stateward/stateward/tck/report"
)

// function and wild are the programs in ../subject/testdata/function and
// testdata/wild, built once.
var function, wild string

// declared are the profiles of the kit's model, as they are declared; listed, as they
// are told.
var (
	declared = strings.Join(mutant.Profiles(), ",")
	listed   = strings.Join(mutant.Profiles(), ", ")
)

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	function, wild = filepath.Join(dir, "function"), filepath.Join(dir, "wild")
	for path, pkg := range map[string]string{function: "../subject/testdata/function", wild: "./testdata/wild"} {
		build := exec.Command("go", "build", "-o", path, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v\n%s", err, out))
		}
	}
	os.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1") // no test here needs an engine, and none finds one
	if code := m.Run(); code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// outcome is what a command left behind.
type outcome struct {
	code     int
	out, err string
}

func run(t *testing.T, args ...string) outcome {
	t.Helper()
	return runWith(t.Context(), "", args...)
}

// patience is what a subject has here, unless a test says otherwise: a machine that does
// other work besides makes it late, and none of these says nothing.
const patience = "1m"

func runWith(ctx context.Context, stdin string, args ...string) outcome {
	if len(args) > 1 && (args[0] == "function" || args[0] == "replay") {
		args = slices.Insert(slices.Clone(args), 1, "--patience", patience)
	}
	var out, err bytes.Buffer
	code := app.Run(ctx, args, strings.NewReader(stdin), &out, &err)
	return outcome{code, out.String(), err.String()}
}

// expect holds an outcome against a code and against what its text must hold.
func (o outcome) expect(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("the exit code is %d, want %d", o.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.err, text) {
			t.Errorf("the text lacks %q", text)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", o.out, o.err)
	}
}

// model serves the model, or a mutant of it, and returns the subject.
func model(t *testing.T, bent string) string {
	t.Helper()
	return modelIn(t, dialect.V1, bent)
}

// modelIn is model in one dialect alone.
func modelIn(t *testing.T, in dialect.Dialect, bent string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- mutant.ListenIn(ctx, listener, in, bent) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "addr:" + listener.Addr().String()
}

// verified reads the report that a run left behind, and verifies it.
func verified(t *testing.T, dir string, want tckv1.Result) *tckv1.Report {
	t.Helper()
	path := filepath.Join(dir, "report.yaml")
	run(t, "report", "verify", path).expect(t, app.ExitPassed, "verified")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if r.GetResult() != want {
		t.Errorf("the result is %v because %s, want %v", r.GetResult(), r.GetReason(), want)
	}
	return r
}

func TestPasses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	run(t, "function", model(t, ""), "--profile", declared, "--report-dir", dir, "--seed", "7",
		"--organization", "acme", "--project", "sdk", "--subject-version", "1.2", "--url", "https://acme.example").
		expect(t, app.ExitPassed, "profiles "+listed+" (declared) · seed 7", "conformant: every MUST", "slowest", "wrote "+dir)
	r := verified(t, dir, tckv1.Result_RESULT_CONFORMANT)
	if s := r.GetSubject(); s.GetOrganization() != "acme" || s.GetProject() != "sdk" || s.GetVersion() != "1.2" ||
		s.GetUrl() != "https://acme.example" || s.GetProfilesFrom() != report.Declared {
		t.Errorf("the report is of %v", s)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "junit.xml")); err != nil || !strings.Contains(string(text), `<testsuite name="event-sourced"`) {
		t.Errorf("junit.xml: %v\n%s", err, text)
	}
}

func TestNarrowedRunIsPartial(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", model(t, ""), "--run", "ES-REPLAY-*,core/keys/*", "--level", "must", "--report-dir", dir).
		expect(t, app.ExitPassed, "partial: nothing that ran failed", "a gate declares them: --profile "+declared)
	r := verified(t, dir, tckv1.Result_RESULT_PARTIAL)
	if r.GetSelection().GetLevel() != "MUST" || len(r.GetSelection().GetRun()) != 2 {
		t.Errorf("the report was narrowed to %v", r.GetSelection())
	}
}

func TestHoldWaitsForEnter(t *testing.T) {
	args := []string{"function", model(t, ""), "--run", "ES-INIT-003", "--hold"}
	runWith(t.Context(), "\n", args...).expect(t, app.ExitPassed, "then press Enter", "partial")
}

func TestFails(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", model(t, "ignores-the-snapshot"), "--run", "ES-REPLAY-003", "--seed", "7", "--report-dir", dir).
		expect(t, app.ExitFailed, "✗ ES-REPLAY-003  MUST  function  event-sourced/rehydrate/snapshot ", "event-sourced/rehydrate/snapshot-then-events",
			"On activation the function applies the snapshot", "Expected: ", "Actual: ", "Likely: ", "wire",
			"--run event-sourced/rehydrate/snapshot --seed 7 --hold", "non-conformant: failed: ES-REPLAY-003")
	verified(t, dir, tckv1.Result_RESULT_NON_CONFORMANT)
}

func TestDeclaredMustBeWhatIsDiscovered(t *testing.T) {
	run(t, "function", model(t, ""), "--profile", "core").
		expect(t, app.ExitFailed, "declared is core, and discovered is ")
	run(t, "function", "cmd:"+function+" serve", "--profile", "core,event-sourced").
		expect(t, app.ExitFailed, "declared is core, event-sourced, and discovered is core")
}

// A function without event sourced entities is not blamed for having none. What
// is measured on them alone is unmeasured, and it does not pass either.
func TestWhatTheSubjectDoesNotShowIsNotRun(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", "cmd:"+function+" serve", "--report-dir", dir).expect(t, app.ExitFailed)
	r := read(t, dir)
	for _, row := range r.GetRequirements() {
		for _, c := range row.GetCases() {
			if !strings.HasPrefix(c.GetId(), "discovery/") {
				t.Errorf("%s was run", c.GetId())
			}
		}
		if row.GetId() == "CORE-CMD-002" && row.GetVerdict() != tckv1.Verdict_VERDICT_UNMEASURED {
			t.Errorf("%s has the verdict %v", row.GetId(), row.GetVerdict())
		}
	}
}

func TestDiesHalfWay(t *testing.T) {
	dir := t.TempDir()
	run(t, "function", "cmd:"+function+" fickle", "--report-dir", dir).
		expect(t, app.ExitFailed, "not measured", "the subject exited with status 9", "last lines were", "enough")
	for _, profile := range read(t, dir).GetProfiles() {
		if profile.GetPassed() > 0 || profile.GetRequired() == 0 {
			t.Errorf("a dead subject passes: %v", profile)
		}
	}
}

func read(t *testing.T, dir string) *tckv1.Report {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "report.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if problems := report.Verify(text, report.Current()); len(problems) > 0 {
		t.Errorf("the report does not verify: %q", problems)
	}
	r, err := report.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUsage(t *testing.T) {
	for line, want := range map[string]string{
		"functoin":                                    "Did you mean",
		"function":                                    "it takes one SUBJECT",
		"function ./sdk":                              "needs a prefix",
		"function addr:x:1 --hodl":                    "unknown flag",
		"function addr:x:1 -p 0":                      "at least 1",
		"function addr:x:1 --timeout 0s":              "longer than nothing",
		"function addr:x:1 --level may":               "--level is must",
		"function addr:x:1 --profile nope":            "what can be declared is ",
		"function addr:x:1 --profile fault":           "binds proxies alone",
		"function addr:x:1 --run NO-SUCH-*":           "nothing selected",
		"function addr:x:1 --dialect v2":              "--dialect is auto, v1, cloudstate-0.2, not \"v2\"",
		"function addr:x:1 --run [":                   "no pattern",
		"function addr:x:1 --profile core --run ES-*": "nothing selected",
		"list NO-SUCH-*":                              "nothing selected",
		"explain NO-SUCH-001":                         "no requirement and no case",
		"coverage all":                                "no argument",
		"report verify":                               "FILE or a DIR",
		"report verify no/such/file":                  "no such file",
		"self-check all":                              "no argument",
	} {
		run(t, strings.Fields(line)...).expect(t, app.ExitUsage, want)
	}
}

func TestNeverReady(t *testing.T) {
	for behaviour, test := range map[string]struct{ timeout, want string }{
		"die":      {"1m", "exited with status 7 before it was ready; its last lines were:\n    about to die\n    no database"},
		"bare":     {"1m", "cannot become ready: it does not serve stateward.discovery.v1.DiscoveryService"},
		"stubborn": {"300ms", "not ready within 300ms"}, // the only one that is waited for
	} {
		dir := t.TempDir()
		run(t, "function", "cmd:"+function+" "+behaviour, "--timeout", test.timeout, "--report-dir", dir).
			expect(t, app.ExitNeverReady, test.want)
		r := verified(t, dir, tckv1.Result_RESULT_INVALID)
		if !strings.Contains(r.GetReason(), "nothing came to a verdict") {
			t.Errorf("the reason is %q", r.GetReason())
		}
	}
}

func TestKitErrs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "function", model(t, ""), "--run", "ES-INIT-003", "--report", file+"/report.yaml").
		expect(t, app.ExitKit, "the report cannot be written")
}

// broken is an output that cannot be written to, in the worst way.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("no paper") }

// A kit that panics says so, and takes the subject down all the same: TestMain finds
// what is left of it.
func TestPanics(t *testing.T) {
	var err bytes.Buffer
	for _, args := range [][]string{{"list"}, {"function", "cmd:" + function + " serve", "--run", "DISC-CALL-001"}} {
		err.Reset()
		if code := app.Run(t.Context(), args, strings.NewReader(""), broken{}, &err); code != app.ExitKit {
			t.Errorf("the exit code is %d", code)
		}
		if !strings.Contains(err.String(), "the kit panicked, and the subject is not to blame: no paper") {
			t.Errorf("it says %q", err.String())
		}
	}
}

func TestEndedFromOutside(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	runWith(ctx, "", "function", "cmd:"+function+" stubborn").
		expect(t, app.ExitFailed, "the run was ended before the subject was ready")
}

// What the help shows as an example of a look-up works as it stands there.
func TestExamplesOfHelp(t *testing.T) {
	for _, command := range []string{"", "list", "explain", "coverage"} {
		help := run(t, append(strings.Fields(command), "--help")...).out
		_, examples, _ := strings.Cut(help, "Examples:\n")
		examples, _, _ = strings.Cut(examples, "\n\n")
		ran := 0
		for line := range strings.Lines(examples) {
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			if len(words) < 2 || words[1] == "function" || words[1] == "doctor" { // which need a subject
				continue
			}
			ran++
			run(t, words[1:]...).expect(t, app.ExitPassed)
		}
		if ran == 0 {
			t.Errorf("%q shows no example:\n%s", command, help)
		}
	}
}

func TestHelp(t *testing.T) {
	run(t).expect(t, app.ExitPassed, "image:REF", "Exit codes: 0 passed")
	run(t, "function", "--help").expect(t, app.ExitPassed, "as a gate in CI")
	for _, command := range []string{
		"function", "protos", "doctor", "list", "explain", "coverage", "replay", "known init", "report verify", "self-check",
	} {
		help := run(t, append(strings.Fields(command), "--help")...)
		help.expect(t, app.ExitPassed, "Usage:\n  tck "+command)
		if about, _, _ := strings.Cut(help.out, "Usage:"); len(strings.Fields(about)) < 30 {
			t.Errorf("%s teaches little:\n%s", command, help.out)
		}
	}
	run(t, "--version").expect(t, app.ExitPassed, "protocol "+protocol.Version+", requirements sha256:")
}
