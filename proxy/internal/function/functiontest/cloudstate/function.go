package cloudstate

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Behaviour is how a library of that time behaves, where they differ. The zero
// Behaviour is a plain one.
type Behaviour struct {
	// V1 says that the function speaks version 1, with nothing that 0.2 lacks.
	V1 bool
	// Discover changes the right answer to discover; nil leaves it.
	Discover func(*discoveryv1.DiscoverResponse)
	// Drops says that the function drops a connection on which it is called by a path
	// that it does not know, as observers do.
	Drops bool
	// Echoes says that the metadata of a command comes back in its reply and forwards.
	Echoes bool
	// Lingers says that the stream of a CRDT stays open after the half-close.
	Lingers bool
	// Aborts says that whatever follows a delete but the half-close is an error.
	Aborts bool
	// Threads is how many calls and streams are served at once, whichever; the others
	// wait, discover among them. 0 lets all be served.
	Threads int
	// Streams is how many streams a connection may have; 0 sets no limit.
	Streams uint32
	// Takes is the largest message in bytes; 0 stands for 4 MiB.
	Takes int
	// Pause, until it is closed, keeps an event sourced stream from being read past the
	// event with the sequence PauseAt, and whoever is told to pause from answering.
	Pause <-chan struct{}
}

// Function is one running function of Cloudstate 0.2.
type Function struct {
	// Target is where it listens.
	Target string
	// Paused has a token for each Pause that has begun.
	Paused chan struct{}

	behaviour Behaviour
	listener  *listener
	answer    *discoveryv1.DiscoverResponse
	server    *grpc.Server
	serving   sync.WaitGroup
	threads   chan struct{} // holds a token for each call that is served; nil for no limit
	done      chan struct{} // closed when it stops
	stopping  sync.Once

	mu      sync.Mutex
	reports []string
	watches map[string][]*watch // by entity
	inputs  []string            // what actions were given, in order
}

// Start starts a function. It ends with the test, or when it is stopped.
func Start(tb testing.TB, behaviour Behaviour) *Function {
	tb.Helper()
	return StartAt(tb, "127.0.0.1:0", behaviour)
}

// StartAt starts a function at the TCP address.
func StartAt(tb testing.TB, address string, behaviour Behaviour) *Function {
	tb.Helper()
	port, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	return Serve(tb, port, behaviour)
}

// Serve starts a function on a listener.
func Serve(tb testing.TB, port net.Listener, behaviour Behaviour) *Function {
	tb.Helper()
	answer := Answer(Files(KeyOption))
	if behaviour.V1 {
		answer = answerInV1()
	}
	if behaviour.Discover != nil {
		behaviour.Discover(answer)
	}
	f := &Function{
		Target: port.Addr().String(), behaviour: behaviour, answer: answer,
		listener: &listener{Listener: port, conns: map[string]net.Conn{}},
		Paused:   make(chan struct{}, 1024), done: make(chan struct{}), watches: map[string][]*watch{},
	}
	if behaviour.Threads > 0 {
		f.threads = make(chan struct{}, behaviour.Threads)
	}
	f.server = grpc.NewServer(f.options()...)
	f.register()
	f.serving.Go(func() { _ = f.server.Serve(f.listener) }) // ends by Stop
	tb.Cleanup(f.Stop)
	return f
}

// Stop ends the function at once: every stream and connection breaks.
func (f *Function) Stop() {
	f.stopping.Do(func() { close(f.done) })
	f.server.Stop()
	f.serving.Wait()
}

// options are those of the server. A ping more often than every 5 minutes is answered
// with GOAWAY, as most of these libraries do.
func (f *Function) options() []grpc.ServerOption {
	takes := f.behaviour.Takes
	if takes == 0 {
		takes = 4 << 20
	}
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(takes),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Minute}),
		grpc.UnknownServiceHandler(f.unknown),
		grpc.UnaryInterceptor(f.unary),
		grpc.StreamInterceptor(f.stream),
	}
	if f.behaviour.Pause != nil {
		// A window that gRPC fits to the connection may grow to a whole replay, and then
		// nobody sees whether the proxy waits.
		options = append(options, grpc.StaticStreamWindowSize(64<<10))
	}
	if f.behaviour.Streams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(f.behaviour.Streams))
	}
	return options
}

// unary waits for a thread.
func (f *Function) unary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	defer f.leave()
	return handler(ctx, request)
}

// stream waits for a thread.
func (f *Function) stream(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if err := f.enter(stream.Context()); err != nil {
		return err
	}
	defer f.leave()
	return handler(service, stream)
}

func (f *Function) enter(ctx context.Context) error {
	if f.threads == nil {
		return nil
	}
	select {
	case f.threads <- struct{}{}:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

func (f *Function) leave() {
	if f.threads != nil {
		<-f.threads
	}
}

// unknown answers a call that the function does not know.
func (f *Function) unknown(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	if f.behaviour.Drops {
		f.listener.drop(stream.Context())
	}
	return status.Errorf(codes.Unimplemented, "no %s", path)
}

// PauseAt is the event at which a Pause begins.
const PauseAt = 100

// pause waits until the Pause is over.
func (f *Function) pause() {
	f.Paused <- struct{}{}
	select {
	case <-f.behaviour.Pause:
	case <-f.done:
	}
}

// report takes a UserFunctionError.
func (f *Function) report(report *discoveryv1.ReportErrorRequest) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(f.reports, report.GetMessage())
}

// Reports returns what the proxy has reported, in order. The caller owns them.
func (f *Function) Reports() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.reports...)
}

// Inputs returns the texts that the actions were given, in order. The caller owns them.
func (f *Function) Inputs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.inputs...)
}

// listener remembers the connections that it has accepted.
type listener struct {
	net.Listener

	mu    sync.Mutex
	conns map[string]net.Conn // by the address of the other side
}

// Accept takes the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[conn.RemoteAddr().String()] = conn
	return conn, nil
}

// drop ends the connection on which a call came.
func (l *listener) drop(ctx context.Context) {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn := l.conns[from.Addr.String()]; conn != nil {
		_ = conn.Close()
	}
}
