package sdktest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Patience bounds every conversation: a function that has not ended it by then has failed.
// It leaves room for a machine that does other work besides.
const Patience = time.Minute

// Proxy is connected to a function of its own, which is served in memory.
type Proxy struct {
	// Conn is the connection to the function.
	Conn *grpc.ClientConn

	tb      testing.TB
	log     *logBuffer
	stop    func() error
	stopped atomic.Bool // the test has the error
}

// Start serves the function that config describes, and connects to it. Both
// end with the test, which fails when the function does not stop in order,
// unless the test stops it itself.
func Start(tb testing.TB, config sdk.Config) *Proxy {
	tb.Helper()
	log := &logBuffer{}
	config.Log = slog.New(slog.NewTextHandler(log, nil))
	function, err := sdk.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	listener := bufconn.Listen(1 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- function.Serve(ctx, listener) }()

	conn, err := grpc.NewClient("passthrough:///function",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	proxy := &Proxy{Conn: conn, tb: tb, log: log}
	proxy.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-served, conn.Close())
	})
	tb.Cleanup(func() {
		if err := proxy.stop(); err != nil && !proxy.stopped.Load() {
			tb.Errorf("the function did not stop in order: %v", err)
		}
	})
	return proxy
}

// Stop stops the function and returns what Serve and the connection's end
// returned. Further calls return the same.
func (p *Proxy) Stop() error {
	p.stopped.Store(true)
	return p.stop()
}

// Announce discovers the function as a proxy that has these capabilities, which
// are then in force where the function has them too, and returns its answer.
func (p *Proxy) Announce(capabilities ...discoveryv1.Capability) *discoveryv1.DiscoverResponse {
	p.tb.Helper()
	ctx, _ := p.Context()
	response, err := discoveryv1.NewDiscoveryServiceClient(p.Conn).Discover(ctx, &discoveryv1.DiscoverRequest{
		ProtocolMajorVersion: 1, ProxyName: "sdktest", Capabilities: capabilities,
	})
	if err != nil {
		p.tb.Fatal(err)
	}
	return response
}

// Log returns what the function has logged so far, one record a line.
func (p *Proxy) Log() string { return p.log.String() }

// Context returns a context that ends with the test, when patience does, or
// with the function that it returns.
func (p *Proxy) Context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	p.tb.Cleanup(cancel)
	return ctx, cancel
}

// logBuffer is a buffer that many goroutines may write to.
type logBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *logBuffer) Write(record []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(record)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
