package function_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

const lifecycle = discoveryv1.Capability_CAPABILITY_LIFECYCLE

// watched serves Watch as the test says.
type watched struct {
	lifecyclev1.UnimplementedLifecycleServiceServer

	say   chan *lifecyclev1.WatchResponse // what the function says next
	heard chan string                     // what the proxy says
}

func newWatched() *watched {
	return &watched{say: make(chan *lifecyclev1.WatchResponse), heard: make(chan string, 100)}
}

func (w *watched) Watch(stream lifecyclev1.LifecycleService_WatchServer) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			request, err := stream.Recv()
			switch {
			case errors.Is(err, io.EOF):
				w.heard <- "half-close"
				return
			case err != nil:
				w.heard <- "reset"
				return
			case request.GetStart() != nil:
				w.heard <- "start"
			case request.GetDraining() != nil:
				w.heard <- "draining " + (time.Duration(request.GetDraining().GetGrace()) * time.Millisecond).String()
			}
		}
	}()
	for {
		select {
		case said := <-w.say:
			if err := stream.Send(said); err != nil {
				return err
			}
		case <-ended:
			return nil
		}
	}
}

func health(status lifecyclev1.HealthStatus, reason string) *lifecyclev1.WatchResponse {
	return &lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Health{Health: &lifecyclev1.FunctionHealth{Status: status, Reason: reason}}}
}

var (
	well    = health(lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING, "")
	unwell  = health(lifecyclev1.HealthStatus_HEALTH_STATUS_NOT_SERVING, "the database is gone")
	drains  = &lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Draining{Draining: &lifecyclev1.FunctionDraining{Grace: 30000}}}
	unheard = new(lifecyclev1.WatchResponse)
)

// living runs a client of a function with a lifecycle.
func living(t *testing.T, target, incarnation string) (*functiontest.Function, *watched) {
	t.Helper()
	w := newWatched()
	f := functiontest.Start(t, target, functiontest.Script{
		Discover: incarnated(incarnation, lifecycle),
		Register: func(s *grpc.Server) { lifecyclev1.RegisterLifecycleServiceServer(s, w) },
	})
	return f, w
}

func watching(t *testing.T, target string) (*function.Client, *owner) {
	t.Helper()
	o := newOwner()
	c := config(target, o)
	c.Capabilities = []discoveryv1.Capability{lifecycle}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	return client, o
}

// TestHealth covers LIFE-WATCH-001, LIFE-WATCH-003, LIFE-READY-006, LIFE-HEALTH-002,
// LIFE-HEALTH-003 and LIFE-HEALTH-005: nothing opens before the function has said that
// it is well, or while it is not.
func TestHealth(t *testing.T) {
	f, w := living(t, loopback, "a")
	client, o := watching(t, f.Target)
	o.awaitReason(t, "has yet to say how it is")
	if heard := take(t, w.heard); heard != "start" {
		t.Errorf("the function heard %q first", heard)
	}
	if _, err := client.Open(t.Context(), eventSourced); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stream before the first health: %v", err)
	}
	w.say <- well
	o.awaitServing(t)
	stream := open(t, client)
	if err := stream.Err(); err != nil {
		t.Error(err)
	}
	w.say <- unwell
	o.awaitReason(t, "the database is gone")
	if err := stream.Err(); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "the database is gone") {
		t.Errorf("a stream of a function that is not well: %v", err)
	}
	if _, err := client.Open(t.Context(), eventSourced); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stream while the function is not well: %v", err)
	}
	select {
	case <-stream.Retired():
		t.Error("an open stream does not live on")
	default:
	}
	w.say <- health(99, "unread")
	o.awaitServing(t)
	finish(t, stream)
}

// TestLongReason covers LIFE-HEALTH-006 as the proxy reads it.
func TestLongReason(t *testing.T) {
	f, w := living(t, loopback, "a")
	_, o := watching(t, f.Target)
	w.say <- health(lifecyclev1.HealthStatus_HEALTH_STATUS_NOT_SERVING, strings.Repeat("a", 1024)+"b")
	if reasons := o.awaitReason(t, "aaa"); strings.HasSuffix(reasons[0], "b") {
		t.Error("the reason is not cut")
	}
	if report := take(t, f.Reports); report.GetCode() != "LIFE-HEALTH-006" {
		t.Errorf("told %v", report)
	}
}

// TestFunctionDrains covers LIFE-DRAIN-002, LIFE-DRAIN-003, LIFE-DRAIN-004, LIFE-DRAIN-005,
// LIFE-DRAIN-006, LIFE-DRAIN-007, LIFE-DRAIN-010 and
// LIFE-DRAIN-011: its streams leave one by one, nothing opens there any more, the
// process that takes its place is asked, and not the one that drains.
func TestFunctionDrains(t *testing.T) {
	f, w := living(t, loopback, "a")
	client, o := watching(t, f.Target)
	w.say <- well
	o.awaitServing(t)
	stream := open(t, client)
	w.say <- drains
	o.awaitReason(t, "drains")
	take(t, stream.Retired()) // LIFE-DRAIN-003
	if _, err := client.Open(t.Context(), eventSourced); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stream of a function that drains: %v", err)
	}
	o.awaitFailed(t) // it is still the one that drains that answers
	add(t, stream, "a", 1)
	take(t, w.heard)
	finish(t, stream)
	if heard := take(t, w.heard); heard != "half-close" {
		t.Errorf("the function heard %q at last", heard)
	}
	f.Stop()
	_, next := living(t, f.Target, "b")
	next.say <- well
	o.awaitServing(t)
	open(t, client)
}

// TestMultiplexedDrains covers MUX-DRAIN-001 and MUX-END-002: a multiplexed stream of a
// function that drains is half-closed once every handle on it is done.
func TestMultiplexedDrains(t *testing.T) {
	w := newWatched()
	multiplexed := discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover:    incarnated("a", lifecycle, multiplexed),
		Register:    func(s *grpc.Server) { lifecyclev1.RegisterLifecycleServiceServer(s, w) },
		Multiplexed: true,
	})
	o := newOwner()
	c := config(f.Target, o)
	c.Capabilities = []discoveryv1.Capability{lifecycle, multiplexed}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	w.say <- well
	o.awaitServing(t)
	first, second := openAs(t.Context(), t, client, "a"), openAs(t.Context(), t, client, "b")
	w.say <- drains
	take(t, first.Retired())
	add(t, first, "a", 1)
	finish(t, first)
	add(t, second, "b", 1)
	finish(t, second)
	for _, want := range []string{"start", "half-close"} { // LIFE-DRAIN-007: no other call is open
		if heard := take(t, w.heard); heard != want {
			t.Errorf("the function heard %q, want %q", heard, want)
		}
	}
}

// TestProxyDrains covers LIFE-STOP-007 and LIFE-STOP-009: the function is told, once,
// and Watch is half-closed at the end.
func TestProxyDrains(t *testing.T) {
	f, w := living(t, loopback, "a")
	o := newOwner()
	c := config(f.Target, o)
	c.Capabilities = []discoveryv1.Capability{lifecycle}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client.Run(ctx)
	}()
	w.say <- well
	o.awaitServing(t)
	client.Drain(7 * time.Second)
	client.Drain(7 * time.Second)
	finish(t, open(t, client)) // LIFE-STOP-004
	cancel()
	for _, want := range []string{"start", "draining 7s", "half-close"} {
		if heard := take(t, w.heard); heard != want {
			t.Errorf("the function heard %q, want %q", heard, want)
		}
	}
	take(t, ended)
}

// TestWatchMistakes covers LIFE-WATCH-004, LIFE-WATCH-007 and LIFE-WATCH-008: a mistake
// on Watch is told, ends that call, and makes nothing drain; a function whose Watch has
// ended serves.
func TestWatchMistakes(t *testing.T) {
	for name, said := range map[string][]*lifecyclev1.WatchResponse{
		"no case":        {unheard},
		"draining first": {drains},
	} {
		t.Run(name, func(t *testing.T) {
			f, w := living(t, loopback, "a")
			client, o := watching(t, f.Target)
			for _, message := range said {
				w.say <- message
			}
			o.awaitServing(t)
			if report := take(t, f.Reports); report.GetCode() != "LIFE-WATCH-007" {
				t.Errorf("told %v", report)
			}
			stream := open(t, client)
			for _, want := range []string{"start", "reset", "start"} { // LIFE-WATCH-005
				if heard := take(t, w.heard); heard != want {
					t.Errorf("the function heard %q, want %q", heard, want)
				}
			}
			w.say <- unwell
			o.awaitReason(t, "the database is gone")
			finish(t, stream)
		})
	}
}

// TestNoWatch covers LIFE-WATCH-009: a function without Watch serves, and is told.
func TestNoWatch(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{Discover: incarnated("a", lifecycle)})
	_, o := watching(t, f.Target)
	o.awaitServing(t)
	if report := take(t, f.Reports); report.GetCode() != "LIFE-WATCH-011" {
		t.Errorf("told %v", report)
	}
}
