package subject_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/subject"
)

// function is the program in testdata/function, built once.
var function string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "subject")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	function = filepath.Join(dir, "function")
	build := exec.Command("go", "build", "-o", function, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}

	if code := m.Run(); code != 0 {
		return code
	}

	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}

	return 0
}

func command(behaviour string) subject.Spec {
	return subject.Spec{Kind: subject.Command, Value: function + " " + behaviour, Words: []string{function, behaviour}}
}

func start(t *testing.T, spec subject.Spec) *subject.Subject {
	t.Helper()

	s, err := subject.Start(t.Context(), spec, subject.Config{Within: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func discover(t *testing.T, s *subject.Subject) {
	t.Helper()

	answer, err := discoveryv1.NewDiscoveryServiceClient(s.Conn()).Discover(t.Context(), &discoveryv1.DiscoverRequest{})
	if err != nil || answer.GetServiceInfo().GetServiceName() != "test" {
		t.Fatalf("got %v and %v", answer, err)
	}
}

func TestProcessServes(t *testing.T) {
	s := start(t, command("serve"))
	discover(t, s)
	if got := s.Discovery().GetServiceInfo().GetServiceName(); got != "test" {
		t.Errorf("the first answer is lost: %q", got)
	}

	if got := s.Tail(t.Context(), 5); len(got) != 1 || got[0] != "about to serve" {
		t.Errorf("got output %q", got)
	}
}

func TestProcessIsKilledAndRestarted(t *testing.T) {
	s := start(t, command("serve"))
	address := s.Address()
	if s.Gone(t.Context()) {
		t.Error("it is gone, and answers")
	}

	if err := s.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}

	if !s.Gone(t.Context()) {
		t.Error("it was killed, and is not gone")
	}

	exit, ok := errors.AsType[*subject.ExitError](s.Wait(t.Context()))
	if !ok || !strings.Contains(exit.How, "killed") {
		t.Fatalf("got %v", exit)
	}

	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}

	discover(t, s)
	if s.Address() != address {
		t.Errorf("a process keeps its port: %s is now %s", address, s.Address())
	}
}

func TestProcessEndsPolitely(t *testing.T) {
	s := start(t, command("serve"))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	if got := strings.Join(s.Tail(t.Context(), 1), ""); got != "bye" {
		t.Errorf("the last line is %q: it was not asked to end", got)
	}

	if err := s.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestAddressIsNotOurs(t *testing.T) {
	served := start(t, command("serve"))
	s := start(t, subject.Spec{Kind: subject.Address, Value: served.Address()})
	discover(t, s)
	if s.Kill(t.Context()) == nil || s.Restart(t.Context()) == nil {
		t.Error("what runs already was killed or restarted")
	}

	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}

	discover(t, served)
}

func TestNeverReady(t *testing.T) {
	missing := subject.Spec{Kind: subject.Command, Value: "./nowhere", Words: []string{"./nowhere"}}
	for name, test := range map[string]struct {
		spec   subject.Spec
		within time.Duration
		want   []string
	}{
		"dies":           {command("die"), time.Minute, []string{"exited with status 7 before it was ready", "no database"}},
		"leaves a child": {command("orphan"), time.Minute, []string{"exited with status 0 before it was ready", "child"}},
		"cannot start":   {missing, time.Minute, []string{"could not be started", "no such file"}},
		"lacks discovery": {
			command("bare"), time.Minute,
			[]string{"does not serve stateward.discovery.v1.DiscoveryService, nor cloudstate.EntityDiscovery", "about to bare"},
		},
		"answers 404":   {command("web"), time.Minute, []string{"does not serve"}},
		"hangs":         {command("stubborn"), time.Second, []string{"not ready within 1s", "refused"}},
		"floods":        {command("flood"), 300 * time.Millisecond, []string{"not ready within 300ms"}},
		"nobody's port": {subject.Spec{Kind: subject.Address, Value: "127.0.0.1:1"}, time.Second, []string{"refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := subject.Start(t.Context(), test.spec, subject.Config{Within: test.within})
			if _, ok := errors.AsType[*subject.NotReadyError](err); !ok {
				t.Fatalf("got %v, want a NotReadyError", err)
			}

			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to contain %q", err, want)
				}
			}
		})
	}
}

// What a subject says while it is not ready is told.
func TestNeverReadyTellsWhatWasSaid(t *testing.T) {
	t.Parallel()
	p, err := subject.StartProcess(t.Context(), subject.ProcessConfig{Words: []string{function, "stubborn"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill(t.Context())
	const said = "about to stubborn"
	if err := subject.Await(t.Context(), p, 20*time.Second, func(ctx context.Context) error {
		if slices.Contains(p.Tail(ctx, 1), said) {
			return nil
		}
		return errors.New("it has said nothing")
	}); err != nil {
		t.Fatal(err)
	}
	err = subject.Await(t.Context(), p, time.Millisecond, func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), said) {
		t.Errorf("got %v, want it to contain %q", err, said)
	}
}

func TestStartStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	if _, err := subject.Start(ctx, command("stubborn"), subject.Config{}); err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestNoChildIsLeftBehind(t *testing.T) {
	p, err := subject.StartProcess(t.Context(), subject.ProcessConfig{Words: []string{function, "orphan"}})
	if err != nil {
		t.Fatal(err)
	}

	exit, ok := errors.AsType[*subject.ExitError](p.Wait(t.Context()))
	if !ok || exit.How != "exited with status 0" {
		t.Fatalf("got %v", exit)
	}

	var child int
	for _, line := range exit.Lines {
		if text, found := strings.CutPrefix(line, "child "); found {
			child, _ = strconv.Atoi(text)
		}
	}

	if child == 0 {
		t.Fatalf("no child in %q", exit.Lines)
	}

	if err := gone(t.Context(), child); err != nil {
		t.Error(err)
	}
}

// gone waits until the process is dead; who inherited it may take a moment to
// reap it, so a zombie counts as dead.
func gone(ctx context.Context, pid int) error {
	return subject.Await(ctx, nil, 10*time.Second, func(context.Context) error {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ") {
			return fmt.Errorf("process %d still runs", pid)
		}

		return nil
	})
}
