package function

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Windows of fixed size. They keep grpc-go from measuring the path with pings,
// which some functions answer by dropping the connection. Pings to keep the
// connection alive are not sent at all (DIA-CONN-003).
const (
	streamWindow     = 1 << 20
	connectionWindow = 16 << 20
)

var errSpent = errors.New("this connection has ended")

// health is how the function on a connection is, as the proxy sees it.
type health uint8

const (
	starting health = iota // it has yet to say
	serving
	notServing
)

// connection is one transport connection to the function and never a second:
// gRPC would reconnect by itself, and open streams before Discover has been
// answered on the new connection (DISC-CALL-002).
type connection struct {
	dialect   wire.Dialect
	limit     int // of a message of the function, in bytes
	grpc      *grpc.ClientConn
	transport *transport

	// What the answer on it has said; set before the connection is in the pool.
	terms       entity.Terms
	incarnation string
	// first is the connection whose answer holds for this one too, which was not
	// asked (DIA-CONN-001); nil for one that was.
	first *connection

	draining chan struct{} // closed when the function drains; guarded by pool.mu
	parting  chan struct{} // closed when it takes no call any more; guarded by pool.mu
	over     chan struct{} // closed when it takes no call and has none; guarded by pool.mu

	health  health                       // guarded by pool.mu
	reason  string                       // why it is not serving, in the function's words; guarded by pool.mu
	streams int                          // that are open or about to be; guarded by pool.mu
	broken  int                          // multiplexed streams that the function has broken; guarded by pool.mu
	seats   map[wire.Kind][]*multiplexed // on which handles open; guarded by pool.mu
	watched bool                         // that one more stream is taken, by Watch; guarded by pool.mu

	// entering is held while a multiplexed stream is opened.
	entering sync.Mutex
}

// dial opens the transport; gRPC's handshake comes with the first call. Changed is
// called when the function allows more or fewer streams.
func dial(ctx context.Context, c *Config, dialect wire.Dialect, changed func()) (*connection, error) {
	network, address, err := ParseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	dialed, err := c.Dial(ctx, network, address)
	if err == nil {
		dialed, err = c.secure(ctx, dialed)
	}
	if err != nil {
		return nil, err
	}
	transport := newTransport(dialed, changed)
	client, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithContextDialer(dialOnce(transport)),
		grpc.WithTransportCredentials(c.credentials()),
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
		dialect: dialect, limit: c.MaxMessage, grpc: client, transport: transport,
		draining: make(chan struct{}), parting: make(chan struct{}), over: make(chan struct{}),
		seats: map[wire.Kind][]*multiplexed{},
	}, nil
}

// authority is what the function sees as the name of the host (DISC-LISTEN-002).
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

// call makes a unary call. The answer, a *received, is wrong where it has come and
// cannot be taken; the error says why none has come.
func (c *connection) call(ctx context.Context, path string, request any, answer *received, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stream, err := c.grpc.NewStream(ctx, &grpc.StreamDesc{}, path)
	if err != nil {
		return err
	}
	if err = stream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) { // then the stream says why
		return err
	}
	return c.receive(stream, answer)
}

// receive receives one message. A message that has come and cannot be taken is no
// error: the answer says what is wrong with it.
func (c *connection) receive(stream grpc.ClientStream, answer *received) error {
	err := stream.RecvMsg(answer)
	if err != nil && exceeds(err) {
		answer.err, answer.large = tooLarge("far more bytes", c.limit), true
		return nil
	}
	return err
}

// exceeds reports whether a stream has ended because gRPC would not even keep the
// message for the codec. Only its own words tell that from a status of the function.
func exceeds(err error) bool {
	s := status.Convert(err)
	return s.Code() == codes.ResourceExhausted && strings.HasPrefix(s.Message(), "grpc: received message larger than max")
}

// lost returns the reason for which a stream has ended, other than io.EOF: where it was
// lost with its connection, a fault that says so.
func (c *connection) lost(err error) error {
	if code := status.Code(err); c.transport.isLost() && (code == codes.Unavailable || code == codes.Canceled) {
		return fault.New(fault.Unavailable, "the connection to the user function was lost: %w", err)
	}
	return err
}

// isDraining reports whether the function drains this connection.
func (c *connection) isDraining() bool {
	select {
	case <-c.draining:
		return true
	default:
		return false
	}
}

// takes reports whether the connection takes further calls at all, however well the
// function is. The caller holds pool.mu.
func (c *connection) takes() bool {
	_, gone := c.transport.state()
	return !gone && !c.isDraining() && !c.transport.isLost()
}

// full reports whether the function allows no further stream beside those that are
// open. The caller holds pool.mu.
func (c *connection) full() bool {
	limit, _ := c.transport.state()
	taken := c.streams
	if c.watched {
		taken++
	}
	return int64(taken) >= int64(limit)
}

// close ends every stream. gRPC never learns of a transport before the first
// call, so the transport is closed in any case; that it has been closed before,
// or by the function, is no error here.
func (c *connection) close() {
	_ = c.transport.Close()
	_ = c.grpc.Close()
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
