package function_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// timely runs a client of a function in memory, with time under the test's control, and
// announces the capabilities.
func timely(t *testing.T, script functiontest.Script, capabilities ...discoveryv1.Capability) (*functiontest.Function, *function.Client, *owner) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	f := functiontest.Serve(t, listener, "memory:1", script)
	o := newOwner()
	c := config(f.Target, o)
	c.Capabilities = capabilities
	c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	return f, client, o
}

// TestSilentFunction covers LIFE-WATCH-003, LIFE-WATCH-004 and LIFE-WATCH-012: a function
// that says nothing of itself is taken for serving after 10 s, and told so.
func TestSilentFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		f, client, _ := timely(t, functiontest.Script{
			Discover: incarnated("a", lifecycle),
			Register: func(s *grpc.Server) { lifecyclev1.RegisterLifecycleServiceServer(s, w) },
		}, lifecycle)
		time.Sleep(10*time.Second - 1)
		synctest.Wait()
		if client.Err() == nil {
			t.Error("served before 10 s")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if err := client.Err(); err != nil {
			t.Error(err)
		}
		if report := <-f.Reports; report.GetCode() != "LIFE-HEALTH-001" || report.GetSeverity() != discoveryv1.Severity_SEVERITY_WARNING {
			t.Errorf("told %v", report)
		}
	})
}

// fleeting is a Watch that says how the function is, and ends.
type fleeting struct {
	lifecyclev1.UnimplementedLifecycleServiceServer

	called chan time.Time
}

func (f fleeting) Watch(stream lifecyclev1.LifecycleService_WatchServer) error {
	f.called <- time.Now()
	return stream.Send(unwell)
}

// TestWatchPauses covers LIFE-WATCH-005 and LIFE-WATCH-006: Watch is called again after
// pauses that double up to 60 s, and what was said last is so meanwhile.
func TestWatchPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleeting{called: make(chan time.Time, 100)}
		_, client, _ := timely(t, functiontest.Script{
			Discover: incarnated("a", lifecycle),
			Register: func(s *grpc.Server) { lifecyclev1.RegisterLifecycleServiceServer(s, w) },
		}, lifecycle)
		last := <-w.called
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			called := <-w.called
			if pause := called.Sub(last); pause != time.Duration(seconds)*time.Second {
				t.Errorf("called again after %v, want %d s", pause, seconds)
			}
			last = called
			if client.Err() == nil {
				t.Error("a function that is not well serves between two calls")
			}
		}
	})
}

// TestSlowDiscover covers DISC-CALL-009.
func TestSlowDiscover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, _, o := timely(t, functiontest.Script{
			Discover: func(ctx context.Context, _ int) (*discoveryv1.DiscoverResponse, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		<-o.counted
		if took := time.Since(begin).Round(time.Millisecond); took != 10*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
}

// TestLongWait covers DISC-INC-010: 60 s, where nobody has configured another time.
func TestLongWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, o := timely(t, functiontest.Script{Streams: 1})
		o.awaitServing(t)
		open(t, client)
		begin := time.Now()
		_, err := client.Call(t.Context(), 0)
		if took := time.Since(begin).Round(time.Millisecond); took != 60*time.Second || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// deaf is a multiplexed stream that reads and answers nothing.
type deaf struct {
	multiplexv1.UnimplementedMultiplexServiceServer
}

func (deaf) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return nil //nolint:nilerr // the end, however it came
		}
	}
}

// TestStarved covers MUX-CREDIT-010 and MUX-DRAIN-003 as far as the client goes: an entity
// that is reset because its messages lacked credit is told of, and those of others go.
func TestStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		multiplexed := discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM
		f, client, o := timely(t, functiontest.Script{
			Discover: incarnated("a", multiplexed),
			Register: func(s *grpc.Server) { multiplexv1.RegisterMultiplexServiceServer(s, deaf{}) },
		}, multiplexed)
		o.awaitServing(t)
		ctx, cancel := context.WithCancel(t.Context())
		stream := openAs(ctx, t, client, "a")
		if err := stream.Send(get(1, packed(70000))); err != nil {
			t.Fatal(err)
		}
		openAs(t.Context(), t, client, "b")
		time.Sleep(5 * time.Second)
		cancel()
		if report := <-f.Reports; report.GetCode() != "MUX-CREDIT-007" || report.GetEntityId() != "a" {
			t.Errorf("told %v", report)
		}
		if err := stream.Send(get(2, nil)); err == nil {
			t.Error("a reset stream takes messages")
		}
	})
}

// TestUnacknowledgedReset covers MUX-CLOSE-010 and MUX-WRONG-005: a stream on which a
// reset is not acknowledged for 10 s is reset, and after three such there is no other.
func TestUnacknowledgedReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		multiplexed := discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM
		f, client, o := timely(t, functiontest.Script{
			Discover: incarnated("a", multiplexed),
			Register: func(s *grpc.Server) { multiplexv1.RegisterMultiplexServiceServer(s, deaf{}) },
		}, multiplexed)
		o.awaitServing(t)
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			stream, other := openAs(ctx, t, client, "a"), openAs(t.Context(), t, client, "b")
			synctest.Wait()
			begin := time.Now()
			cancel()
			if _, err := stream.Recv(); fault.KindOf(err) != fault.Canceled {
				t.Errorf("the handle ended with %v", err)
			}
			if took := time.Since(begin).Round(time.Millisecond); took != 10*time.Second { // MUX-USE-005
				t.Errorf("the handle ended after %v", took)
			}
			if _, err := other.Recv(); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("the other handle ended with %v", err)
			}
			if report := <-f.Reports; report.GetCode() != "MUX-CLOSE-003" {
				t.Errorf("told %v", report)
			}
		}
		stream := openAs(t.Context(), t, client, "a")
		add(t, stream, "a", 1)
		finish(t, stream)
	})
}
