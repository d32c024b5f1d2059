package output_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/output"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/requirement"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

func sentences() requirement.Set {
	sentence := func(id, level, text string) protocol.Requirement {
		return protocol.Requirement{ID: id, Role: requirement.Function, Level: level, Profile: "event-sourced", Text: text}
	}
	return requirement.Set{
		sentence("ES-CMD-001", "MUST", "Each command gets exactly one reply or one failure."),
		sentence("ES-REPLAY-003", "MUST", "On activation the function applies the snapshot, then each event in order of sequence, before it handles any command."),
		sentence("ES-REPLAY-004", "MUST", "The function sends nothing while it replays."),
		sentence("ES-SNAP-004", "SHOULD", "A function that gives a snapshot counts from the last one."),
	}
}

func passed(i int) engine.Result {
	return engine.Result{
		Case:    engine.Case{ID: fmt.Sprintf("event-sourced/command/%d", i), Requirements: []string{"ES-CMD-001"}, Profile: "event-sourced"},
		Verdict: tckv1.Verdict_VERDICT_PASS, Time: time.Duration(i) * time.Millisecond,
	}
}

func failed() engine.Result {
	return engine.Result{
		Case: engine.Case{
			ID:           "event-sourced/replay/snapshot-then-events",
			Requirements: []string{"ES-REPLAY-003"}, Profile: "event-sourced",
		},
		Verdict:  tckv1.Verdict_VERDICT_FAIL,
		Expected: `reply 1 "ABCDEFG"`, Actual: `reply 1 "FG"`,
		Likely: "the snapshot in init was ignored (the state equals the events alone)",
		Wire:   []string{`→init{snapshot 5 "ABCDE"}`, `→event 6 "F"`, `→event 7 "G"`, "→command 1 Process{}", `←reply 1 "FG"`},
		Time:   40 * time.Millisecond,
	}
}

// two is a failure of two requirements that fills more than a line.
func two() engine.Result {
	r := failed()
	r.Case.ID, r.Case.Requirements = "event-sourced/replay/silent", []string{"ES-REPLAY-003", "ES-REPLAY-004"}
	r.Expected, r.Likely = `reply 1 "`+strings.Repeat("A", 90)+`"`, ""
	r.Wire = nil
	for i := range 30 {
		r.Wire = append(r.Wire, fmt.Sprintf(`→event %d "A"`, i+1))
	}
	return r
}

func warned() engine.Result {
	r := failed()
	r.Case = engine.Case{
		ID: "event-sourced/snapshot/counts", Requirements: []string{"ES-SNAP-004"}, Profile: "event-sourced", Level: engine.Should,
	}
	r.Verdict = tckv1.Verdict_VERDICT_WARN
	return r
}

// silent is one of a crowd that has one cause.
func silent(i int) engine.Result {
	r := passed(i)
	r.Verdict, r.Expected, r.Actual = tckv1.Verdict_VERDICT_FAIL, fmt.Sprintf("reply %d", i), "nothing came"
	return r
}

func unmeasured(i int) engine.Result {
	r := passed(i)
	r.Verdict, r.Reason = tckv1.Verdict_VERDICT_UNMEASURED, "discovery/answers did not pass: expected an answer, got UNAVAILABLE"
	return r
}

// listed are results that a list of known failures speaks of, and a flaky one.
func listed() []engine.Result {
	known, stale, flaky := failed(), passed(1), failed()
	known.Verdict, known.Reason = tckv1.Verdict_VERDICT_KNOWN_FAIL, "known: the store is being rewritten (#7)"
	stale.Verdict = tckv1.Verdict_VERDICT_STALE_KNOWN
	stale.Reason = "event-sourced/command/1 is listed as failing, and it passes: it was slow"
	flaky.Case.ID, flaky.Case.Requirements = "event-sourced/replay/silent", []string{"ES-REPLAY-004"}
	flaky.Verdict, flaky.Reason = tckv1.Verdict_VERDICT_FLAKY, "it failed in 2 of 5 runs"
	return []engine.Result{known, stale, flaky}
}

func story(results ...engine.Result) output.Story {
	run := report.Run{
		Specification: report.Specification{Protocol: "1.0", Digest: "sha256:abc", Requirements: sentences()},
		Kit:           &tckv1.Kit{Version: "0.1.0", Seed: 7},
		Environment:   &tckv1.Environment{Platform: "linux/amd64", Go: "go1.26"},
		Subject: &tckv1.Subject{
			Role: requirement.Function, Attached: "cmd:./sdk", ProfilesFrom: report.Discovered,
			Profiles: []string{"event-sourced"}, DiscoveredProfiles: []string{"event-sourced"},
			ServiceInfo: &tckv1.ServiceInfo{ServiceRuntime: "go1.26", SupportLibraryName: "stateward-go", SupportLibraryVersion: "0.1.0"},
		},
		Results: results,
	}
	return output.Story{
		Report: report.New(run), Results: results, Requirements: sentences(), Time: 1234 * time.Millisecond,
		Repro: func(r engine.Result) string {
			return "tck function cmd:./sdk --run " + r.Case.Requirements[0] + " --seed 7 --hold"
		},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	passing := []engine.Result{passed(1), passed(2), {
		Case:    engine.Case{ID: "x", Requirements: []string{"ES-REPLAY-003", "ES-REPLAY-004"}},
		Verdict: tckv1.Verdict_VERDICT_PASS, Time: time.Second,
	}}
	crowd := []engine.Result{failed()}
	for i := range 12 {
		crowd = append(crowd, silent(i), unmeasured(100+i), passed(200+i))
	}
	erred := passed(1)
	erred.Verdict, erred.Reason = tckv1.Verdict_VERDICT_KIT_ERROR, "a step of the kit panicked: index out of range"

	beyond := story(passing...)
	beyond.Report.UnmeasuredProfiles = []string{"action", "value"}

	for name, story := range map[string]output.Story{
		"beyond":  beyond,
		"passing": story(passing...),
		"failing": story(append(passing, failed(), two(), warned())...),
		"crowd":   story(crowd...),
		"kit":     story(append(passing, erred)...),
		"known":   story(append(listed(), passing[0])...),
		"nothing": story(),
	} {
		var plain, coloured bytes.Buffer
		p := output.New(&plain, output.Config{})
		p.Heading(story.Report, "127.0.0.1:8080")
		p.Tell(story)
		golden(t, name+".txt", plain.Bytes())

		p = output.New(&coloured, output.Config{Colour: true})
		p.Heading(story.Report, "127.0.0.1:8080")
		p.Tell(story)
		if got := uncolour(coloured.String()); got != plain.String() || got == coloured.String() {
			t.Errorf("%s: colour changes the text, or there is none:\n%s", name, cmp.Diff(plain.String(), got))
		}
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	tell := func(results ...engine.Result) string {
		var out bytes.Buffer
		p := output.New(&out, output.Config{Quiet: true, Live: true})
		told := story(results...)
		p.Waiting("starting")
		p.Heading(told.Report, "127.0.0.1:8080")
		p.Progress(1)(passed(1))
		p.Tell(told)
		p.Remark("wrote a file")
		return out.String()
	}
	if got := tell(passed(1)); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "non-conformant: not measured: ") {
		t.Errorf("got %q", got)
	}
	if got := tell(failed()); !strings.HasPrefix(got, "✗ ES-REPLAY-003") || strings.Contains(got, "slowest") {
		t.Errorf("got %q", got)
	}
}

// Of a narrowed run only what it touched is counted.
func TestANarrowedRunCountsWhatItTouched(t *testing.T) {
	t.Parallel()
	told := story(passed(1))
	told.Report.Profiles = append(told.Report.GetProfiles(), &tckv1.ProfileResult{Profile: "value", Required: 3, Unmeasured: 3})
	for selection, want := range map[*tckv1.Selection]int{nil: 1, {Run: []string{"ES-*"}}: 0} {
		told.Report.Selection = selection
		var out bytes.Buffer
		output.New(&out, output.Config{}).Tell(told)
		if got := strings.Count(out.String(), "\nvalue "); got != want {
			t.Errorf("narrowed to %v, it shows the other profile %d times:\n%s", selection, got, &out)
		}
	}
}

// Two failures with one guess at the cause are one, and two that only look alike are two.
func TestAGuessAtTheCauseMakesOneOfTwo(t *testing.T) {
	t.Parallel()
	for likely, want := range map[string]int{"the snapshot was ignored": 1, "": 2} {
		one, two := silent(1), silent(2)
		one.Likely, two.Likely = likely, likely
		var out bytes.Buffer
		output.New(&out, output.Config{}).Tell(story(one, two))
		if got := strings.Count(out.String(), "✗ "); got != want {
			t.Errorf("with the guess %q they are told as %d:\n%s", likely, got, &out)
		}
	}
}

// One cause breaks many cases, each in its own way.
func TestACauseIsToldOnce(t *testing.T) {
	t.Parallel()
	var crowd []engine.Result
	for i := range 12 {
		r := silent(i)
		r.Actual, r.Likely = fmt.Sprintf("reply %d", i+100), "command 1 was answered twice"
		crowd = append(crowd, r)
	}
	var out bytes.Buffer
	output.New(&out, output.Config{}).Tell(story(crowd...))
	if told := strings.Count(out.String(), "Likely: "); told != 1 || !strings.Contains(out.String(), "the same in 11 more") {
		t.Errorf("one cause is told %d times:\n%s", told, &out)
	}
}

// uncolour takes ANSI colours away.
func uncolour(text string) string {
	for _, code := range []string{"0", "1", "2", "31", "32", "33"} {
		text = strings.ReplaceAll(text, "\x1b["+code+"m", "")
	}
	return text
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got, -rewrite writes it anew):\n%s", name, diff)
	}
}

func TestLiveLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := output.New(&out, output.Config{Live: true, Width: 40})
	p.Waiting("starting cmd:./sdk")
	progress := p.Progress(2)
	progress(failed())
	progress(passed(1))
	p.Note("done")

	want := "starting cmd:./sdk" +
		"\r\x1b[K1 of 2, 1 failed  event-sourced/replay…" +
		"\r\x1b[K2 of 2, 1 failed  event-sourced/comman…" +
		"\r\x1b[Kdone\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestNoLiveLineInAFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := output.New(&out, output.For(&out, os.Getenv))
	p.Waiting("starting")
	p.Progress(1)(failed())
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}
