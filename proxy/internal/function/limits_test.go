package function_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// incarnated answers Discover as the process with this id.
func incarnated(id string, capabilities ...discoveryv1.Capability) func(context.Context, int) (*discoveryv1.DiscoverResponse, error) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.ServiceInfo.IncarnationId = id
	answer.ServiceInfo.Capabilities = capabilities
	return func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil }
}

// TestFurtherConnection covers DISC-INC-003 and DISC-INC-008: where a connection has
// no room, the same process is asked on a further one, and the first one's streams live.
func TestFurtherConnection(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{Streams: 2, Discover: incarnated("a")})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	streams := make([]function.Stream, 5)
	for i := range streams {
		streams[i] = open(t, client)
	}
	if asked := len(f.Requests); asked != 3 {
		t.Errorf("asked on %d connections, want 3 for 5 streams of 2 each", asked)
	}
	for _, stream := range streams {
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("a stream ended with %v", err)
		}
	}
}

// TestWaitsForStream covers DISC-INC-006, DISC-INC-008 and DISC-INC-009: a function
// without an id is asked on no further connection, and what needs a stream waits for
// the end of another, for which the owner is asked.
func TestWaitsForStream(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{Streams: 1})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	first := open(t, client)
	opened := make(chan function.Stream)
	go func() {
		stream, err := client.Open(t.Context(), eventSourced)
		if err != nil {
			t.Error(err)
		}
		opened <- stream
	}()
	if waiting := take(t, o.crowds); waiting != 1 {
		t.Errorf("%d wait", waiting)
	}
	if err := first.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the first stream ended with %v", err)
	}
	take(t, opened)
	for take(t, o.crowds) > 0 { // nobody waits any more
	}
	if asked := len(f.Requests); asked != 1 {
		t.Errorf("asked on %d connections", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Open(ctx, eventSourced); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a wait that is given up: %v", err)
	}
}

// TestNoRoom covers DISC-INC-010: a wait for a stream has an end.
func TestNoRoom(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{Streams: 1})
	o := newOwner()
	c := config(f.Target, o)
	c.StreamTimeout = time.Millisecond
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	o.awaitServing(t)
	open(t, client)
	if _, err := client.Call(t.Context(), 0); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a call without room: %v", err)
	}
}

// TestAnotherIncarnation covers DISC-INC-001 and DISC-INC-007: an answer of another
// process on a further connection ends the streams of the first one.
func TestAnotherIncarnation(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{
		Streams: 1,
		Discover: func(ctx context.Context, call int) (*discoveryv1.DiscoverResponse, error) {
			return incarnated(string(rune('a'+call)))(ctx, call)
		},
	})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	first := open(t, client)
	open(t, client)
	if _, err := first.Recv(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the first stream ended with %v", err)
	}
	if err := client.Err(); err != nil {
		t.Error(err)
	}
}

// TestAuthority covers DISC-LISTEN-002: a function on a socket of the file system is
// called by the name localhost.
func TestAuthority(t *testing.T) {
	called := make(chan string, 1)
	f := functiontest.Start(t, functiontest.Path(t), functiontest.Script{
		Discover: func(ctx context.Context, call int) (*discoveryv1.DiscoverResponse, error) {
			headers, _ := metadata.FromIncomingContext(ctx)
			called <- headers.Get(":authority")[0]
			return incarnated("a")(ctx, call)
		},
	})
	_, o := run(t, f.Target)
	o.awaitServing(t)
	if authority := take(t, called); authority != "localhost" {
		t.Errorf("called as %q", authority)
	}
}
