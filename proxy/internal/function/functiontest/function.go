// Package functiontest is a user function for tests of the proxy: a real gRPC
// server in this process, which says and does what its script tells it.
package functiontest

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function"
)

// Script is what a function says and does. The zero Script is a right one: it
// serves the counters of package descriptortest.
type Script struct {
	// Discover answers the call with the number, which counts from 1. Nil
	// gives the right answer.
	Discover func(ctx context.Context, call int) (*discoveryv1.DiscoverResponse, error)
	// Handling is called with each command before it is answered; nil does nothing.
	Handling func(ctx context.Context, entityID, command string)
	// Answer changes the right answer to a command into those that are sent.
	// Nil sends the right one.
	Answer func(entityID string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse
	// Register registers further services; nil none.
	Register func(*grpc.Server)
	// Multiplexed registers multiplexed streams; Discover announces them where it is nil.
	Multiplexed bool
	// Streams is how many streams a connection may have at once; 0 any number.
	Streams uint32
	// Takes is the largest message in bytes that the function takes; 0 stands for
	// 4 MiB.
	Takes int
}

// Function is one running user function.
type Function struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	// Target is where it listens, as the proxy wants it.
	Target string
	// Reports are what the proxy has reported, in order.
	Reports chan *discoveryv1.ReportErrorRequest
	// Requests are what the proxy has asked Discover with, in order.
	Requests chan *discoveryv1.DiscoverRequest
	// Calls are the gRPC paths of all calls, in order.
	Calls chan string

	script   Script
	messages descriptortest.Messages
	calls    atomic.Int64
	server   *grpc.Server
	ended    chan struct{}
}

// Start starts a function that listens at the target, HOST:PORT or unix:PATH;
// port 0 takes a free one. It is stopped at the end of the test.
func Start(tb testing.TB, target string, script Script) *Function {
	tb.Helper()
	network, address, err := function.ParseTarget(target)
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(tb.Context(), network, address)
	if err != nil {
		tb.Fatal(err)
	}
	if network == "tcp" {
		target = listener.Addr().String()
	}
	return Serve(tb, listener, target, script)
}

// Serve starts a function on a listener, which is called the target.
func Serve(tb testing.TB, listener net.Listener, target string, script Script) *Function {
	tb.Helper()
	const plenty = 1024 // more than any test asks
	f := &Function{
		Target:   target,
		Reports:  make(chan *discoveryv1.ReportErrorRequest, plenty),
		Requests: make(chan *discoveryv1.DiscoverRequest, plenty),
		Calls:    make(chan string, plenty),
		script:   script,
		messages: descriptortest.NewMessages(),
		ended:    make(chan struct{}),
	}
	takes := script.Takes
	if takes == 0 {
		takes = 4 << 20
	}
	options := []grpc.ServerOption{grpc.StatsHandler((*callRecorder)(f)), grpc.MaxRecvMsgSize(takes)}
	if script.Streams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(script.Streams))
	}
	f.server = grpc.NewServer(options...)
	if script.Multiplexed {
		multiplexv1.RegisterMultiplexServiceServer(f.server, Multiplexed{EventSourced: f.Handle})
	}
	if script.Register != nil {
		script.Register(f.server)
	}
	discoveryv1.RegisterDiscoveryServiceServer(f.server, f)
	eventsourcedv1.RegisterEventSourcedServiceServer(f.server, f)
	go func() {
		defer close(f.ended)
		_ = f.server.Serve(listener) // ends by Stop
	}()
	tb.Cleanup(f.Stop)
	return f
}

// Stop ends the function at once: every stream and connection breaks.
func (f *Function) Stop() {
	f.server.Stop()
	<-f.ended
}

// Drain asks the proxy to open no further stream, and returns when the open
// ones have ended.
func (f *Function) Drain() {
	f.server.GracefulStop()
	<-f.ended
}

// Discover answers as the script says.
func (f *Function) Discover(ctx context.Context, request *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	f.Requests <- request
	call := int(f.calls.Add(1))
	if f.script.Discover != nil {
		return f.script.Discover(ctx, call)
	}
	answer := descriptortest.Answer(descriptortest.Files())
	if f.script.Multiplexed {
		answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM}
	}
	return answer, nil
}

// ReportError takes the report.
func (f *Function) ReportError(_ context.Context, report *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	f.Reports <- report
	return new(discoveryv1.ReportErrorResponse), nil
}

// callRecorder notes the path of each call as it begins.
type callRecorder Function

var _ stats.Handler = (*callRecorder)(nil)

// TagRPC notes the call's path.
func (r *callRecorder) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	select {
	case r.Calls <- info.FullMethodName:
	default: // a benchmark makes more calls than anyone asks for
	}
	return ctx
}

// HandleRPC does nothing.
func (*callRecorder) HandleRPC(context.Context, stats.RPCStats) {}

// TagConn does nothing.
func (*callRecorder) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing.
func (*callRecorder) HandleConn(context.Context, stats.ConnStats) {}

// Path returns a short path for a unix socket, which may be no longer than
// about 100 bytes.
func Path(tb testing.TB) string {
	tb.Helper()
	return fmt.Sprintf("unix:%s/f", tb.TempDir())
}
