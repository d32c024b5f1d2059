package function

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// serveStreams serves any stream, and ends each when its client does.
func serveStreams(t *testing.T) *bufconn.Listener {
	t.Helper()
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		for stream.RecvMsg(new(emptypb.Empty)) == nil {
		}
		return nil
	}))
	listener := bufconn.Listen(1 << 16)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends by Stop
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener
}

// uncounted is an Observer that counts nothing.
type uncounted struct{}

func (uncounted) Discovered(string) {}
func (uncounted) Reported(string)   {}
func (uncounted) Streams(int)       {}

// TestRetire shows that a connection which retires is closed as soon as its last
// stream has ended, and takes no further one.
func TestRetire(t *testing.T) {
	listener := serveStreams(t)
	config := Defaults()
	config.Target = "bufconn:1"
	config.Observer = uncounted{}
	config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	conn, err := connect(t.Context(), &config)
	if err != nil {
		t.Fatal(err)
	}
	client := &Client{config: config, serving: conn}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended, err := client.Open(ctx, wire.V1().Types()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := ended.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := ended.Recv(); !errors.Is(err, io.EOF) {
		t.Fatalf("the half-closed stream ended with %v", err)
	}
	stream, err := client.Open(ctx, wire.V1().Types()[0])
	if err != nil {
		t.Fatal(err)
	}
	conn.retire()
	<-stream.Retired() // in time, or the test does not end
	if _, err := client.Open(ctx, wire.V1().Types()[0]); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stream on a retired connection: %v", err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		conn.end(context.Background(), time.Hour)
	}()
	select {
	case <-closed:
		t.Error("the connection was closed under an open stream")
	default:
	}
	cancel()
	if _, err := stream.Recv(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
	<-closed // in time, or the test does not end
}
