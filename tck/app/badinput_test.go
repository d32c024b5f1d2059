package app_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stateward/stateward/tck/app"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// accepts listens, and does with each connection what is told.
func accepts(t *testing.T, with func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			with(conn)
			t.Cleanup(func() { conn.Close() })
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return "addr:" + listener.Addr().String()
}

// soon is when a run has ended that waits for nothing: a machine that does other work
// besides makes it slow.
const soon = 2 * time.Minute

// What never is ready is told in one sentence, with the last lines where there are
// any, within the time that it was given.
func TestWhatNeverIsReady(t *testing.T) {
	const (
		long  = "1m"    // more than the end takes that comes by itself
		some  = "2s"    // enough for a first refusal, also on a machine that does other work besides
		short = "400ms" // waited out
	)
	for name, test := range map[string]struct {
		subject, timeout string
		want             []string
	}{
		"a command that exits":        {"cmd:" + function + " die", long, []string{"exited with status 7", "no database"}},
		"a command that is not there": {"cmd:./no-such-sdk", long, []string{"the command could not be started", "no such file"}},
		"a command that writes a lot": {"cmd:" + function + " flood", short, []string{"not ready within 400ms"}},
		"no gRPC":                     {"cmd:" + function + " web", long, []string{"does not serve stateward.discovery"}},
		"nobody":                      {"addr:127.0.0.1:1", some, []string{"not ready within 2s", "connection refused"}},
		"a host that is not there":    {"addr:no-such-host.invalid:80", short, []string{"not ready within 400ms"}},
		"a port that says nothing":    {accepts(t, func(net.Conn) {}), short, []string{"not ready within 400ms"}},
		"a port that is closed again": {accepts(t, func(c net.Conn) { c.Close() }), short, []string{"not ready within 400ms"}},
		"a port that answers garbage": {
			accepts(t, func(c net.Conn) { c.Write([]byte(strings.Repeat("garbage\r\n", 1000))) }), some,
			[]string{"not ready within 2s", "error reading server preface"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			begin := time.Now()
			got := run(t, "function", test.subject, "--timeout", test.timeout, "--report-dir", dir)
			got.expect(t, app.ExitNeverReady, test.want...)
			if took := time.Since(begin); took > soon {
				t.Errorf("that took %s", took)
			}
			if said := strings.Count(got.err, "tck: "); said != 1 {
				t.Errorf("it is told %d times:\n%s", said, got.err)
			}
			verified(t, dir, tckv1.Result_RESULT_INVALID)
		})
	}
}

// What was ready and then misbehaves below the protocol fails or is not measured; the
// run ends soon, and nothing passes.
func TestWhatMisbehavesMidStream(t *testing.T) {
	for behaviour, want := range map[string][]string{
		"hangs":   {"✗ ", "nothing within 300ms"},
		"floods":  {"✗ "},
		"babbles": {"✗ ", "end Internal"},
		"dies":    {"the subject exited with status 9", "last lines were", "out of memory"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			dir := t.TempDir()
			begin := time.Now()
			run(t, "function", "cmd:"+wild+" "+behaviour, "--run", "event-sourced/*", "--patience", "300ms", "--report-dir", dir).
				expect(t, app.ExitFailed, want...)
			if took := time.Since(begin); took > soon {
				t.Errorf("that took %s", took)
			}
			for _, row := range read(t, dir).GetRequirements() {
				for _, c := range row.GetCases() {
					said := strings.HasPrefix(c.GetId(), "event-sourced/discovery/") // that it answered
					if c.GetVerdict() == tckv1.Verdict_VERDICT_PASS && !said {
						t.Errorf("%s passes: %v", row.GetId(), c)
					}
				}
			}
		})
	}
}

// An image needs an engine, and the kit says so. Where there is one, testcontainers finds it
// whatever DOCKER_HOST says, and this cannot be played.
func TestAnImageNeedsAnEngine(t *testing.T) {
	if conn, err := new(net.Dialer).DialContext(t.Context(), "unix", "/var/run/docker.sock"); err == nil {
		conn.Close()
		t.Skip("this machine has an engine")
	}
	dir := t.TempDir()
	run(t, "function", "image:acme/sdk:1", "--timeout", "400ms", "--report-dir", dir).
		expect(t, app.ExitKit, "no Docker engine answers")
	verified(t, dir, tckv1.Result_RESULT_INVALID)
}
