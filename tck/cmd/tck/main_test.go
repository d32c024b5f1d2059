package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/subject"
)

// tck and function are the kit and the subject in ../../subject/testdata/function,
// built once.
var tck, function string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tck")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	tck, function = filepath.Join(dir, "tck"), filepath.Join(dir, "function")
	for path, pkg := range map[string]string{tck: ".", function: "../../subject/testdata/function"} {
		build := exec.Command("go", "build", "-o", path, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v\n%s", err, out))
		}
	}
	return m.Run()
}

// waiting is a run of the kit that waits for a subject which never is ready, and which
// does not end when it is asked to.
type waiting struct {
	kit    *exec.Cmd
	pid    int    // of the subject
	told   string // where the subject writes what it is asked
	stderr bytes.Buffer
}

func wait(t *testing.T) *waiting {
	t.Helper()
	w := &waiting{told: filepath.Join(t.TempDir(), "told")}
	w.kit = exec.Command(tck, "function", "cmd:"+function+" tell "+w.told)
	w.kit.Stderr = &w.stderr
	if err := w.kit.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.kit.Process.Kill() // fails when it has ended, as it should
		_ = w.kit.Wait()
	})
	lines := w.until(t, 1)
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	w.pid = pid
	return w
}

// until waits for so many lines of the subject.
func (w *waiting) until(t *testing.T, n int) (lines []string) {
	t.Helper()
	err := subject.Await(t.Context(), nil, 20*time.Second, func(context.Context) error {
		text, err := os.ReadFile(w.told)
		if lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"); err == nil && len(text) > 0 && len(lines) >= n {
			return nil
		}
		return errors.New("the subject has said " + string(text))
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// ends waits for the end of the kit, and wants the subject to be gone then.
func (w *waiting) ends(t *testing.T, code int) {
	t.Helper()
	_ = w.kit.Wait() // the code says how
	if got := w.kit.ProcessState.ExitCode(); got != code {
		t.Errorf("the exit code is %d, want %d:\n%s", got, code, &w.stderr)
	}
	w.gone(t)
}

// gone wants the subject to be dead. Whoever inherits it may take a moment to reap it,
// so that a zombie counts.
func (w *waiting) gone(t *testing.T) {
	t.Helper()
	err := subject.Await(t.Context(), nil, 10*time.Second, func(context.Context) error {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.pid))
		if syscall.Kill(w.pid, 0) == nil && !strings.Contains(string(stat), ") Z ") {
			return errors.New("the subject still runs")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func (w *waiting) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := w.kit.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

func TestTheFirstSignalEndsAllInGoodOrder(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		w := wait(t)
		w.signal(t, sig)
		if lines := w.until(t, 2); lines[1] != "terminated" {
			t.Errorf("the subject was told %q", lines)
		}
		w.ends(t, app.ExitFailed)
		if said := w.stderr.String(); !strings.Contains(said, "the run was ended before the subject was ready") {
			t.Errorf("the kit said %q", said)
		}
	}
}

// The subject has been asked to end, and does not: the second Ctrl-C waits for nothing.
func TestTheSecondSignalEndsAllAtOnce(t *testing.T) {
	t.Parallel()
	w := wait(t)
	w.signal(t, os.Interrupt)
	w.until(t, 2)
	begin := time.Now()
	w.signal(t, os.Interrupt)
	w.ends(t, app.ExitFailed)
	if took := time.Since(begin); took > 2*time.Second { // it would have three seconds of grace
		t.Errorf("that took %s", took)
	}
}

// The kit can do nothing any more, and the kernel does.
func TestAKitThatIsKilledTakesItsSubjectWithIt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process with the one that has started it")
	}
	w := wait(t)
	w.signal(t, syscall.SIGKILL)
	_ = w.kit.Wait()
	w.gone(t)
}

// A kit that waits at the prompt of --hold ends too.
func TestASignalEndsAHold(t *testing.T) {
	t.Parallel()
	kit := exec.Command(tck, "function", "cmd:"+function+" serve", "--hold", "--run", "DISC-CALL-001")
	prompt, err := kit.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := kit.StdinPipe() // nobody presses Enter
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := kit.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	for !strings.Contains(said.String(), "press Enter") {
		part := make([]byte, 256)
		n, err := prompt.Read(part)
		said.Write(part[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, said.String())
		}
	}
	if err := kit.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = kit.Wait()
	if got := kit.ProcessState.ExitCode(); got != app.ExitFailed {
		t.Errorf("the exit code is %d", got)
	}
}
