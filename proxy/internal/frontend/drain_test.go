package frontend_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// called is a call under way, and its outcome.
type called struct {
	total int64
	err   error
}

// busy starts a frontend with one call under way, which ends when finish is closed.
func busy(t *testing.T, finish chan struct{}) (*bench, <-chan called) {
	t.Helper()
	arrived := make(chan struct{})
	b := start(t, func(ctx context.Context, _ request) (*entityv1.Reply, error) {
		close(arrived)
		select {
		case <-finish:
			return total(42), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	b.drained.Store(true) // by the test itself
	outcome := make(chan called, 1)
	go func() {
		got, err := b.add(context.Background())
		outcome <- called{got, err}
	}()
	<-arrived
	return b, outcome
}

// TestDrain shows that the call under way is finished, though others watch health
// and hold reflection open.
func TestDrain(t *testing.T) {
	finish := make(chan struct{})
	b, outcome := busy(t, finish)
	b.frontend.SetHealth(true, nil)
	watch, err := grpc_health_v1.NewHealthClient(b.conn).Watch(t.Context(), new(grpc_health_v1.HealthCheckRequest))
	if err != nil {
		t.Fatal(err)
	}
	if response, err := watch.Recv(); err != nil || response.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Fatalf("watched %v, %v", response, err)
	}
	reflection, err := grpc_reflection_v1.NewServerReflectionClient(b.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listServices(t, reflection)

	drained := make(chan error, 1)
	go func() { drained <- b.frontend.Drain(context.Background()) }()
	for err = nil; err == nil; { // perhaps NOT_SERVING, and then the end
		_, err = watch.Recv()
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("the watch ended with %v", err)
	}
	if _, err := reflection.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("reflection ended with %v", err)
	}
	// A call that crosses the farewell is still served; one that comes after is not.
	for b.conn.GetState() == connectivity.Ready && b.conn.WaitForStateChange(t.Context(), connectivity.Ready) {
	}
	if _, err := b.add(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("a new call: %v", err)
	}
	close(finish)
	if got := <-outcome; got.total != 42 || got.err != nil {
		t.Errorf("the call under way: %+v", got)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// TestDrainGivesUp shows that the end of its context breaks off a drain.
func TestDrainGivesUp(t *testing.T) {
	b, outcome := busy(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.frontend.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("drain: %v", err)
	}
	if got := <-outcome; status.Code(got.err) != codes.Unavailable {
		t.Errorf("the call under way: %+v", got)
	}
}

// TestDrainSaysSoFirst covers LIFE-STOP-002 as far as gRPC health goes: it says that the
// proxy does not serve before the port closes, and until then a call is served.
func TestDrainSaysSoFirst(t *testing.T) {
	b := start(t, func(context.Context, request) (*entityv1.Reply, error) { return total(42), nil })
	b.drained.Store(true) // by the test itself
	b.frontend.SetHealth(true, nil)
	if _, err := b.add(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := false
	b.closing = func() {
		asked = true
		health, err := grpc_health_v1.NewHealthClient(b.conn).Check(t.Context(), new(grpc_health_v1.HealthCheckRequest))
		if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("as the port closes health is %v, %v", health, err)
		}
		if got, err := b.add(t.Context()); got != 42 || err != nil {
			t.Errorf("a call before the port closes: %d, %v", got, err)
		}
	}
	if err := b.frontend.Drain(t.Context()); err != nil || !asked {
		t.Errorf("drain: %v; the port was closed: %v", err, asked)
	}
}
