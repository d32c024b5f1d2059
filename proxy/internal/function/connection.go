package function

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Windows of fixed size. They keep grpc-go from measuring the path with pings,
// which some functions answer by dropping the connection.
const (
	streamWindow     = 1 << 20
	connectionWindow = 16 << 20
)

var errSpent = errors.New("this connection has ended")

// connection is one transport connection to the function and never a second:
// gRPC would reconnect by itself, and open streams before Discover has been
// answered on the new connection (DISC-CALL-002).
type connection struct {
	dialect   wire.Dialect
	grpc      *grpc.ClientConn
	transport net.Conn

	retired chan struct{} // closed when it takes no further stream; guarded by mu
	empty   chan struct{} // closed when it is retired and has no stream

	mu      sync.Mutex
	streams int // that are open
}

// connect opens the transport; gRPC's handshake comes with the first call.
func connect(ctx context.Context, c *Config) (*connection, error) {
	network, address, err := ParseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	transport, err := c.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	client, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithContextDialer(dialOnce(transport)),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithAuthority(authority(network, address)),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0), // an idle function is not a lost one
		grpc.WithStaticStreamWindowSize(streamWindow),
		grpc.WithStaticConnWindowSize(connectionWindow),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(newCodec(c.MaxMessage)),
			grpc.MaxCallRecvMsgSize(2*c.MaxMessage), // the codec names what is too large; memory has an end
		),
	)
	if err != nil {
		return nil, errors.Join(err, transport.Close())
	}
	return &connection{
		dialect: c.Dialect, grpc: client, transport: transport,
		retired: make(chan struct{}), empty: make(chan struct{}),
	}, nil
}

// authority is what the function sees as the name of the host.
func authority(network, address string) string {
	if network == "unix" {
		return "localhost"
	}
	return address
}

// dialOnce hands out the connection at the first call, and none after it.
func dialOnce(conn net.Conn) func(context.Context, string) (net.Conn, error) {
	var spent atomic.Bool
	return func(context.Context, string) (net.Conn, error) {
		if spent.Swap(true) {
			return nil, errSpent
		}
		return conn, nil
	}
}

// discover asks the function what it serves. Its error is an unread where an answer
// has come that the proxy cannot take, and otherwise says why none has.
func (c *connection) discover(ctx context.Context, request *discoveryv1.DiscoverRequest, timeout time.Duration) (*discoveryv1.DiscoverResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer := new(discoveryv1.DiscoverResponse)
	in := &received{message: answer}
	err := c.grpc.Invoke(ctx, c.dialect.Discover, request, in)
	switch {
	case err != nil && strings.HasPrefix(status.Convert(err).Message(), "grpc: received message larger than max"):
		return nil, unread{err} // gRPC's own words: it did not even keep what the codec would have named
	case err != nil:
		return nil, err
	case in.err != nil:
		return nil, unread{in.err}
	}
	return answer, nil
}

// unread is what is wrong with an answer that is too large or cannot be read
// (DISC-CALL-010).
type unread struct{ error }

// report tells the function one mistake.
func (c *connection) report(ctx context.Context, report *discoveryv1.ReportErrorRequest, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.grpc.Invoke(ctx, c.dialect.ReportError, report, new(discoveryv1.ReportErrorResponse))
}

// lost waits until the connection takes no new stream, or for the end of ctx.
// Call it once Discover has been answered: gRPC may call a connection that has
// just carried its first answer Connecting still, and one that has ended never
// stays so, since there is no second transport.
func (c *connection) lost(ctx context.Context) {
	for {
		state := c.grpc.GetState()
		if state != connectivity.Ready && state != connectivity.Connecting {
			return
		}
		if !c.grpc.WaitForStateChange(ctx, state) {
			return
		}
	}
}

// hold counts a stream in, unless the connection is retired.
func (c *connection) hold() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isRetired() {
		return false
	}
	c.streams++
	return true
}

// release counts a stream out.
func (c *connection) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams--
	if c.isRetired() && c.streams == 0 {
		close(c.empty)
	}
}

// isRetired reports whether retire has been called. The caller holds mu.
func (c *connection) isRetired() bool {
	select {
	case <-c.retired:
		return true
	default:
		return false
	}
}

// retire lets no further stream open. Call it once.
func (c *connection) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.retired)
	if c.streams == 0 {
		close(c.empty)
	}
}

// end closes a retired connection once the streams that are open on it have
// ended, at the latest after the grace or at the end of ctx.
func (c *connection) end(ctx context.Context, grace time.Duration) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.empty:
	case <-timer.C:
	case <-ctx.Done():
	}
	c.close()
}

// close ends every stream. gRPC never learns of a transport before the first
// call, so the transport is closed in any case; that it has been closed before,
// or by the function, is no error here.
func (c *connection) close() {
	_ = c.grpc.Close()
	_ = c.transport.Close()
}

// explain returns what a person needs to know of an error of a dial or a call.
func explain(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if s, ok := status.FromError(err); ok {
		return s.Code().String() + ": " + s.Message()
	}
	return err.Error()
}
