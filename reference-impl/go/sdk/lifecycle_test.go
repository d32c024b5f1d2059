package sdk_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// watch is one call of Watch.
type watch struct {
	grpc.BidiStreamingClient[lifecyclev1.WatchRequest, lifecyclev1.WatchResponse]

	t     *testing.T
	reset context.CancelFunc
}

func watching(t *testing.T, proxy *sdktest.Proxy) watch {
	t.Helper()
	ctx, reset := proxy.Context()
	stream, err := lifecyclev1.NewLifecycleServiceClient(proxy.Conn).Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return watch{stream, t, reset}
}

func (w watch) send(message *lifecyclev1.WatchRequest) {
	w.t.Helper()
	if err := w.Send(message); err != nil {
		w.t.Fatal(err)
	}
}

func (w watch) start() *lifecyclev1.FunctionHealth {
	w.t.Helper()
	w.send(&lifecyclev1.WatchRequest{Message: &lifecyclev1.WatchRequest_Start{Start: &lifecyclev1.WatchStart{}}})
	return w.receive().GetHealth()
}

func (w watch) draining() {
	w.t.Helper()
	w.send(&lifecyclev1.WatchRequest{Message: &lifecyclev1.WatchRequest_Draining{Draining: &lifecyclev1.ProxyDraining{Grace: 1000}}})
}

func (w watch) receive() *lifecyclev1.WatchResponse {
	w.t.Helper()
	message, err := w.Recv()
	if err != nil {
		w.t.Fatal(err)
	}
	return message
}

// breakOff resets the call, in a bubble, and waits until the function has heard of it.
func (w watch) breakOff() {
	w.reset()
	synctest.Wait()
}

// leave half-closes the call, which the function then ends with OK (LIFE-DRAIN-008).
func (w watch) leave() {
	w.t.Helper()
	if err := w.CloseSend(); err != nil {
		w.t.Fatal(err)
	}
	w.ends(codes.OK)
}

func (w watch) ends(want codes.Code) {
	w.t.Helper()
	_, err := w.Recv()
	if got := endOf(err); got != want {
		w.t.Errorf("it ended with %v, want %v", err, want)
	}
}

// endOf is the status with which a stream ended.
func endOf(err error) codes.Code {
	if errors.Is(err, io.EOF) {
		return codes.OK
	}
	return status.Code(err)
}

// Health comes at once, and whenever it has changed, on every call (LIFE-HEALTH-001,
// LIFE-WATCH-011); the first message is health (LIFE-WATCH-007).
func TestHealthIsSaid(t *testing.T) {
	t.Parallel()
	config := one(entity("x", nil))
	config.Health = sdk.NewHealth()
	proxy := sdktest.Start(t, config)
	first, second := watching(t, proxy), watching(t, proxy)
	for _, w := range []watch{first, second} {
		if got := w.start(); got.GetStatus() != lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING {
			t.Errorf("at first it is %v", got)
		}
	}
	config.Health.NotServing(strings.Repeat("ä", 600)) // 1200 bytes (LIFE-HEALTH-006)
	for _, w := range []watch{first, second} {
		got := w.receive().GetHealth()
		if got.GetStatus() != lifecyclev1.HealthStatus_HEALTH_STATUS_NOT_SERVING || got.GetReason() != strings.Repeat("ä", 512) {
			t.Errorf("then it is %v", got)
		}
	}
	ctx, _ := proxy.Context()
	check, err := healthv1.NewHealthClient(proxy.Conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || check.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("the orchestrator hears %v, %v", check, err)
	}
	config.Health.Serving()
	for _, w := range []watch{first, second} {
		if got := w.receive().GetHealth(); got.GetStatus() != lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING || got.GetReason() != "" {
			t.Errorf("in the end it is %v", got)
		}
		w.leave()
	}
}

// What is wrong on a Watch ends it, and nothing else (LIFE-WATCH-002). A proxy that drains
// is answered as before (LIFE-STOP-008).
func TestWrongWatchesEnd(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, one(entity("x", nil)))
	other := proxy.Open(open("x"))
	for name, say := range map[string]func(watch){
		"draining first": func(w watch) { w.draining() },
		"nothing first":  func(w watch) { w.send(&lifecyclev1.WatchRequest{}) },
		"a second start": func(w watch) {
			w.start()
			w.send(&lifecyclev1.WatchRequest{Message: &lifecyclev1.WatchRequest_Start{Start: &lifecyclev1.WatchStart{}}})
		},
		"a second draining": func(w watch) { w.start(); w.draining(); w.draining() },
	} {
		w := watching(t, proxy)
		say(w)
		_, err := w.Recv()
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	other.Ask(call("x"))
	other.Passivate()
}

// A function that stops says so on each Watch and serves on until the proxy has left it:
// streams that are open, and those that crossed its message (LIFE-DRAIN-001,
// LIFE-DRAIN-009). Its incarnation has a name (LIFE-WATCH-010).
func TestAFunctionThatDrainsServesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, aFunctionThatDrainsServesOn) // in which the grace is what is told to the millisecond
}

func aFunctionThatDrainsServesOn(t *testing.T) {
	t.Helper()
	config := one(entity("x", nil))
	config.StopWithin = time.Hour
	proxy := sdktest.Start(t, config)
	ctx, _ := proxy.Context()
	answer, err := discoveryv1.NewDiscoveryServiceClient(proxy.Conn).Discover(ctx, &discoveryv1.DiscoverRequest{})
	if err != nil || answer.GetServiceInfo().GetIncarnationId() == "" {
		t.Errorf("nobody can tell it from what takes its place: %v", err)
	}
	w := watching(t, proxy)
	w.start()
	open1 := proxy.Open(open("x"))
	stopped := make(chan error, 1)
	go func() { stopped <- proxy.Stop() }()
	if got := w.receive().GetDraining().GetGrace(); got != time.Hour.Milliseconds() {
		t.Errorf("it drains for %d ms", got)
	}
	open1.Ask(call("x"))
	crossing := proxy.Open(open("y"))
	crossing.Ask(call("y"))
	late := watching(t, proxy)
	if late.start(); late.receive().GetDraining() == nil {
		t.Error("a Watch that begins late does not hear that the function drains")
	}
	open1.Passivate()
	crossing.Passivate()
	w.leave()
	late.leave()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// grace is that of the functions that drain here.
const grace = 5 * time.Second

// draining starts a function, watches it, and stops it: the function drains since then,
// and ends with what stopped gets.
func draining(t *testing.T) (proxy *sdktest.Proxy, w watch, stopped <-chan error) {
	t.Helper()
	config := one(entity("x", atOnce))
	config.StopWithin = grace
	proxy = sdktest.Start(t, config)
	w = watching(t, proxy)
	w.start()
	ends, over := make(chan error, 1), make(chan struct{})
	go func() { ends <- proxy.Stop(); close(over) }()
	t.Cleanup(func() { <-over }) // before the proxy's own stop: to wait for a lock lets no time pass
	if got := w.receive().GetDraining().GetGrace(); got != grace.Milliseconds() {
		t.Errorf("it drains for %d ms", got)
	}
	return proxy, w, ends
}

// A Watch that breaks ends no drain: what is open on its connection is served until the
// connection has ended (LIFE-DRAIN-001).
func TestADrainOutlivesItsWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proxy, w, stopped := draining(t)
		busy := proxy.Open(open("busy"))
		w.breakOff()
		busy.Ask(call("busy"))
		crossing := proxy.Open(open("crossing"))
		crossing.Ask(call("crossing"))
		select {
		case <-stopped:
			t.Error("the drain is over")
		default:
		}
		if err := proxy.Conn.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		select {
		case <-stopped:
		default:
			t.Error("the drain outlives the connection")
		}
	})
}

// A proxy that half-closes its Watch is not waited for, whatever is open (LIFE-DRAIN-001).
func TestAHalfCloseReleases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proxy, w, stopped := draining(t)
		busy := proxy.Open(open("busy"))
		busy.Ask(call("busy"))
		began := time.Now()
		w.leave()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// A drain whose Watch has broken takes the whole grace, and no longer.
func TestADrainWithoutAWatchIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, w, stopped := draining(t)
		began := time.Now()
		w.breakOff()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != grace {
			t.Errorf("it took %v", took)
		}
	})
}

// A Watch that begins late is told what is left of the grace, and never 0, which would
// state none.
func TestWhatIsLeftOfTheGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proxy, _, _ := draining(t)
		end := time.Now().Add(grace)
		for _, left := range []time.Duration{grace / 3, time.Millisecond, time.Microsecond} {
			time.Sleep(time.Until(end.Add(-left)))
			late := watching(t, proxy)
			late.start()
			if got, want := late.receive().GetDraining().GetGrace(), max(1, left.Milliseconds()); got != want {
				t.Errorf("%v before the end it drains for %d ms, not %d", left, got, want)
			}
		}
	})
}

// A Watch that the proxy breaks off is over, and no drain waits for it.
func TestABrokenWatchEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proxy := sdktest.Start(t, one(entity("x", atOnce)))
		for range 20 { // whichever of the reader and the context is first
			w := watching(t, proxy)
			w.start()
			w.breakOff()
		}
		began := time.Now()
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("nobody watches, and the drain took %v", took)
		}
	})
}

// A proxy that does not leave is waited for as long as the grace, and no longer.
func TestDrainingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := one(entity("x", func(*eventsourced.Context) {}))
		config.StopWithin = time.Second
		proxy := sdktest.Start(t, config)
		w := watching(t, proxy)
		w.start()
		begin := time.Now()
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took != config.StopWithin {
			t.Errorf("it has stopped after %v", took)
		}
		w.receive()
		w.ends(codes.Unavailable)
	})
}
