package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/trace"
)

const rehydrate = "event-sourced/rehydrate/snapshot-then-events"

// A failure is sent again: the subject that failed does the same, and the one that is
// right does not.
func TestReplay(t *testing.T) {
	dir := t.TempDir()
	mutant := model(t, "ignores-the-snapshot")
	path := filepath.Join(dir, "traces", filepath.FromSlash(rehydrate)+".json")
	run(t, "function", mutant, "--run", "ES-REPLAY-003", "--report-dir", dir).
		expect(t, app.ExitFailed, "wrote traces; one is sent again by: tck replay "+dir)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := trace.Unmarshal(text)
	if err != nil || recorded.Case != rehydrate || recorded.Verdict != "fail" || !strings.HasPrefix(recorded.Message, "expected: ") {
		t.Fatalf("got %v and %v", recorded, err)
	}

	run(t, "replay", path, mutant).expect(t, app.ExitPassed, rehydrate+"  ES-REPLAY-003", "→init{snapshot", "The subject did the same.")
	got := run(t, "replay", path, model(t, ""))
	got.expect(t, app.ExitFailed, "≠ ", "of what the subject did is not what it did then")
	if differing := strings.Count(got.out, "≠"); differing != 1 {
		t.Errorf("%d lines differ:\n%s", differing, got.out)
	}

	// What passes in the next run leaves no trace of the last.
	run(t, "function", model(t, ""), "--run", "ES-REPLAY-003", "--report-dir", dir).expect(t, app.ExitPassed)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the trace of the last run is still there: %v", err)
	}
}

// Discovery is sent again too, to a subject that dies of it.
func TestReplayOfACallOfOneRequest(t *testing.T) {
	dir := t.TempDir()
	serve := "cmd:" + function + " serve"
	run(t, "function", serve, "--report-dir", dir, "--run", "DISC-CALL-001").expect(t, app.ExitFailed)
	path := filepath.Join(dir, "traces", "discovery", "call", "answers.json")
	run(t, "replay", path, serve).expect(t, app.ExitPassed, "→Discover{1.0}", "The subject did the same.")
	run(t, "replay", path, "cmd:"+function+" fickle").expect(t, app.ExitFailed, "≠ then ←0 entities", "now  ←end Unavailable")
}

func TestReplayRefuses(t *testing.T) {
	good := file(t, "trace.json", `{"schema":"v1","case":"a","requirements":["A"],"subject":"addr:a:1","seed":1,"verdict":"fail",
		"frames":[{"call":1,"method":"/a.B/C","kind":"sent","text":"→x"}]}`)
	run(t, "replay", good, "./sdk").expect(t, app.ExitUsage, "needs a prefix")
	run(t, "replay", good, "addr:127.0.0.1:1", "--patience", "0s").expect(t, app.ExitUsage, "longer than nothing")
	run(t, "replay", good, "cmd:"+function+" die").expect(t, app.ExitNeverReady, "exited with status 7")
	run(t, "replay", "no/such/file", "addr:127.0.0.1:1").expect(t, app.ExitUsage, "no such file")
	run(t, "replay", file(t, "trace.json", "{}"), "addr:127.0.0.1:1").expect(t, app.ExitUsage, "its schema is")
	run(t, "replay", good).expect(t, app.ExitUsage, "it takes a TRACE")
}
