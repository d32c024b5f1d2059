package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// called is a call under way, and its outcome.
type called struct {
	total int64
	err   error
}

// slow starts a function whose counters wait for finish, or for the end of
// their stream, and tells when one does.
func slow(t *testing.T, finish <-chan struct{}) (f *functiontest.Function, handling <-chan struct{}) {
	t.Helper()
	arrived := make(chan struct{}, 16)
	return functiontest.Start(t, loopback, functiontest.Script{
		Handling: func(ctx context.Context, _, _ string) {
			arrived <- struct{}{}
			select {
			case <-finish:
			case <-ctx.Done():
			}
		},
	}), arrived
}

// addLater adds 1 to the counter from another goroutine.
func addLater(c *client, id string) <-chan called {
	outcome := make(chan called, 1)
	go func() {
		total, err := c.add(id, 1)
		outcome <- called{total, err}
	}()
	return outcome
}

// TestGracefulStop covers LIFE-STOP-001, LIFE-STOP-003 and LIFE-STOP-004: a proxy
// that stops with a command under way says so, takes no other call, and finishes the
// command.
func TestGracefulStop(t *testing.T) {
	finish := make(chan struct{})
	f, handling := slow(t, finish)
	proxy := runProxy(t, quick(f.Target))
	caller := proxy.dial(t)
	outcome := addLater(caller, "a")
	take(t, handling)
	watch := caller.watch(t)
	proxy.stop()
	for err := error(nil); err == nil; { // says SERVING, NOT_SERVING, and then the end
		_, err = watch.Recv()
	}
	// A call that crosses the farewell is still served; one that comes after is not.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for caller.conn.GetState() == connectivity.Ready && caller.conn.WaitForStateChange(ctx, connectivity.Ready) {
	}
	if _, err := caller.get("b"); status.Code(err) != codes.Unavailable {
		t.Errorf("a call that comes later: %v", err)
	}
	if code, body := proxy.ready(t); code != http.StatusServiceUnavailable || body != "the proxy is stopping\n" {
		t.Errorf("/readyz: %d %s", code, body)
	}
	close(finish)
	if got := take(t, outcome); got.total != 1 || got.err != nil {
		t.Errorf("the command under way: %+v", got)
	}
	if err := take(t, proxy.ended); err != nil {
		t.Error(err)
	}
}

// halting is a log that holds up whoever says that the proxy is stopping.
type halting struct {
	slog.Handler

	said    chan struct{} // closed when it was said
	release chan struct{} // lets who said it go on
	once    *sync.Once
}

func (halting) Enabled(context.Context, slog.Level) bool { return true }

func (h halting) Handle(ctx context.Context, record slog.Record) error {
	if strings.HasPrefix(record.Message, "stopping: ") {
		h.once.Do(func() {
			close(h.said)
			<-h.release
		})
	}
	return h.Handler.Handle(ctx, record)
}

// TestStopSaysSoFirst covers LIFE-STOP-002: a proxy that begins to stop is not ready, and
// until it has said so everywhere it serves every call. What gRPC health says, and when,
// is frontend's TestDrainSaysSoFirst.
func TestStopSaysSoFirst(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	log := halting{Handler: slog.DiscardHandler, said: make(chan struct{}), release: make(chan struct{}), once: new(sync.Once)}
	config := quick(f.Target)
	config.Log = slog.New(log)
	proxy := runProxy(t, config)
	release := sync.OnceFunc(func() { close(log.release) })
	t.Cleanup(release) // before the proxy is waited for
	address := take(t, proxy.ports[PortService])
	caller := dial(t, address)
	caller.mustAdd(t, "a", 1, 1)
	proxy.stop()
	take(t, log.said)
	if code, body := proxy.ready(t); code != http.StatusServiceUnavailable || body != "the proxy is stopping\n" {
		t.Errorf("/readyz: %d %s", code, body)
	}
	caller.mustAdd(t, "a", 1, 2)           // on the connection that is there, of an active entity
	dial(t, address).mustAdd(t, "b", 1, 1) // on a new one, of another
	release()
	if err := take(t, proxy.ended); err != nil {
		t.Error(err)
	}
}

// TestDrainTimeout covers LIFE-STOP-006: a command which does not end holds a stop
// up no longer than allowed.
func TestDrainTimeout(t *testing.T) {
	f, handling := slow(t, nil)
	config := quick(f.Target)
	config.DrainTimeout = 100 * time.Millisecond
	proxy := runProxy(t, config)
	outcome := addLater(proxy.dial(t), "a")
	take(t, handling)
	if err := proxy.halt(t); err == nil || !strings.Contains(err.Error(), "the drain time-out has passed") {
		t.Errorf("the proxy ended with %v", err)
	}
	if got := take(t, outcome); status.Code(got.err) != codes.Unavailable {
		t.Errorf("the command under way: %+v", got)
	}
}

// TestSignals covers LIFE-STOP-001 and the two signals: the first stops, the second breaks off.
func TestSignals(t *testing.T) {
	f, handling := slow(t, nil)
	signals := make(chan os.Signal)
	log := newLogReader()
	ended := make(chan error, 1)
	go func() {
		defer log.Close()
		ended <- run(t.Context(), signals, []string{
			"--function", f.Target, "--listen", loopback, "--admin", loopback, "--store", "memory", "--log-format", "json",
		}, strings.NewReader(""), os.Stdout, log)
	}()
	outcome := addLater(dial(t, log.await(t, "port open", "port", PortService)["address"].(string)), "a")
	take(t, handling)
	signals <- syscall.SIGTERM
	log.await(t, "stopping: commands under way may finish", "", "")
	select {
	case err := <-ended:
		t.Fatalf("the first signal ended the proxy: %v", err)
	default:
	}
	signals <- syscall.SIGINT
	if err := take(t, ended); err == nil || !strings.Contains(err.Error(), "a second signal came") {
		t.Errorf("the proxy ended with %v", err)
	}
	if got := take(t, outcome); status.Code(got.err) != codes.Unavailable {
		t.Errorf("the command under way: %+v", got)
	}
}

// TestSignalIdle shows that one signal ends a proxy that has nothing to do, with
// no error.
func TestSignalIdle(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	log := newLogReader()
	ended := make(chan error, 1)
	go func() { // signals for the whole process, as they come to a command
		defer log.Close()
		ended <- Run(t.Context(), []string{
			"--function", f.Target, "--listen", loopback, "--admin", loopback, "--store", "memory", "--log-format", "json",
		}, strings.NewReader(""), os.Stdout, log)
	}()
	dial(t, log.await(t, "port open", "port", PortService)["address"].(string)).mustAdd(t, "a", 1, 1)
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := take(t, ended); err != nil {
		t.Error(err)
	}
}

// TestStopWithoutFunction shows that a proxy that never had a function stops.
func TestStopWithoutFunction(t *testing.T) {
	proxy := runProxy(t, quick("127.0.0.1:1"))
	if code, body := proxy.ready(t); code != http.StatusServiceUnavailable || !strings.Contains(body, "connecting to 127.0.0.1:1") {
		t.Errorf("/readyz: %d %s", code, body)
	}
	if err := proxy.halt(t); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
