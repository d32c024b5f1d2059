package frontend_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend"
	"github.com/stateward/stateward/proxy/internal/frontend/cors"
	"github.com/stateward/stateward/proxy/internal/port"
	"github.com/stateward/stateward/proxy/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const maxRequest = 64 << 10

// request is what a router was asked.
type request struct {
	Service, Method string
	Bytes           []byte
	Metadata        []string
}

// router answers with whatever it is given.
type router func(context.Context, request) (*entityv1.Reply, error)

func (r router) Call(ctx context.Context, service, method string, bytes []byte, meta *entityv1.Metadata) (*entityv1.Reply, error) {
	asked := request{Service: service, Method: method, Bytes: bytes}
	for _, e := range meta.GetEntries() {
		asked.Metadata = append(asked.Metadata, e.GetKey()+"="+e.GetStringValue()+string(e.GetBytesValue()))
	}
	return r(ctx, asked)
}

// Stream is for methods that stream: none here.
func (router) Stream(context.Context, string, string, *entityv1.Metadata, calls.Caller) error {
	return errors.New("not unary")
}

// functions is a function that serves the registry, unless it has an error.
type functions struct {
	registry *descriptor.Registry
	err      atomic.Pointer[fault.Error]
}

func (f *functions) Registry() (*descriptor.Registry, error) {
	if err := f.err.Load(); err != nil {
		return nil, err
	}
	return f.registry, nil
}

// tally passes on what is counted, as far as somebody may ask.
type tally chan string

func (c tally) Called(_, service, method string, code codes.Code, _ time.Duration) {
	select {
	case c <- fmt.Sprintf("%s/%s %s", service, method, code):
	default:
	}
}

// connections counts nothing.
type connections struct{}

func (connections) Connections(int) {}
func (connections) Refused(string)  {}
func (connections) CutOff(string)   {}

// reports are what the function is told.
type reports chan string

func (r reports) Report(_ context.Context, id entity.ID, report entity.Report) {
	r <- id.Service + " " + report.Requirement
}

// bench is a frontend on loopback and a client of it.
type bench struct {
	frontend *frontend.Frontend
	function *functions
	conn     *grpc.ClientConn
	calls    tally
	reports  reports
	drained  atomic.Bool
	// closing is called before the port closes: from then on calls are refused. May be
	// nil, and is set before Drain.
	closing func()
	// address is where the port is.
	address string
}

// closing is the listener of a bench.
type closing struct {
	net.Listener

	bench *bench
	once  sync.Once
}

// Close closes the port, the first time after what the test does about it.
func (c *closing) Close() error {
	c.once.Do(func() {
		if c.bench.closing != nil {
			c.bench.closing()
		}
	})
	return c.Listener.Close()
}

// start serves the router until the end of the test.
func start(tb testing.TB, r router) *bench {
	tb.Helper()
	return serve(tb, r, descriptortest.Answer(descriptortest.Files()))
}

// serve serves what the answer describes by the router, until the end of the test.
func serve(tb testing.TB, r frontend.Router, answer *discoveryv1.DiscoverResponse) *bench {
	tb.Helper()
	return serveIn(tb, wire.V1(), r, answer, cors.Policy{})
}

// newBench makes a frontend that listens nowhere.
func newBench(tb testing.TB, dialect wire.Dialect, r frontend.Router, answer *discoveryv1.DiscoverResponse, policy cors.Policy) *bench {
	tb.Helper()
	registry, mistakes := descriptor.Build(dialect, answer)
	if len(mistakes) > 0 {
		tb.Fatal(mistakes)
	}
	b := &bench{function: &functions{registry: registry}, calls: make(tally, 64), reports: make(reports, 64)}
	opened := port.Defaults()
	opened.Observer, opened.Log = connections{}, slog.New(slog.DiscardHandler)
	var err error
	b.frontend, err = frontend.New(frontend.Config{
		Port:   opened,
		Router: r, Function: b.function, Reporter: b.reports, Observer: b.calls, CORS: policy, Log: slog.New(slog.DiscardHandler), MaxRequest: maxRequest,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// serveIn is serve in a dialect, with a policy for browsers.
func serveIn(tb testing.TB, dialect wire.Dialect, r frontend.Router, answer *discoveryv1.DiscoverResponse, policy cors.Policy) *bench {
	tb.Helper()
	b := newBench(tb, dialect, r, answer, policy)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	if err := b.frontend.Serve(&closing{Listener: listener, bench: b}); err != nil {
		tb.Fatal(err)
	}
	b.address = listener.Addr().String()
	b.conn, err = grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		b.conn.Close()
		if b.drained.Load() {
			return
		}
		if err := b.frontend.Drain(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// total is a right reply of Add.
func total(n int64) *entityv1.Reply {
	payload, err := anypb.New(descriptortest.NewMessages().Total("AddResponse", n))
	if err != nil {
		panic(err)
	}
	return &entityv1.Reply{Payload: payload}
}

// add calls Add.
func (b *bench) add(ctx context.Context) (int64, error) {
	messages := descriptortest.NewMessages()
	response := messages.New("AddResponse")
	err := b.conn.Invoke(ctx, descriptortest.Add, messages.AddRequest("a", 7), response)
	return descriptortest.Int64(response, "total"), err
}

// TestCall covers CORE-CMD-008, and META-REPLY-002: metadata that no header can
// carry fails no call.
func TestCall(t *testing.T) {
	t.Parallel()
	asked := make(chan request, 1)
	b := start(t, func(_ context.Context, r request) (*entityv1.Reply, error) {
		asked <- r
		reply := total(42)
		reply.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
			{Key: "x-cart-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 255}}},
			{Key: "content-type", Value: &entityv1.MetadataEntry_StringValue{StringValue: "text/plain"}},
			{Key: "no header", Value: &entityv1.MetadataEntry_StringValue{StringValue: "line\nbreak"}},
		}}
		return reply, nil
	})
	// An empty message with unknown fields is sent as those bytes.
	sent, response := new(emptypb.Empty), descriptortest.NewMessages().New("AddResponse")
	bytes := []byte{0x10, 0x07, 0x0a, 0x00, 0x0a, 0x01, 'a'} // in an order and a length of its own
	sent.ProtoReflect().SetUnknown(bytes)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "X-Tenant", "t1", "x-raw-bin", "\x00\xff")
	var headers metadata.MD
	if err := b.conn.Invoke(ctx, descriptortest.Add, sent, response, grpc.Header(&headers)); err != nil {
		t.Fatal(err)
	}
	if got := descriptortest.Int64(response, "total"); got != 42 {
		t.Errorf("total %d", got)
	}
	want := request{Service: descriptortest.Service, Method: "Add", Bytes: bytes, Metadata: []string{"x-raw-bin=\x00\xff", "x-tenant=t1"}}
	if diff := cmp.Diff(want, <-asked); diff != "" {
		t.Error(diff)
	}
	if got := headers.Get("x-cart-bin"); len(got) != 1 || got[0] != "\x00\xff" || headers.Get("no header") != nil {
		t.Errorf("response headers %v", headers)
	}
	if counted := <-b.calls; counted != descriptortest.Service+"/Add OK" {
		t.Errorf("counted %q", counted)
	}
}

// TestAnswers shows what a caller gets of each answer of the router.
func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		reply *entityv1.Reply
		err   error
		code  codes.Code
		text  string
	}{
		"a domain's failure":    {nil, &entity.Failure{Code: codes.NotFound, Description: "no such thing: ü%\n"}, codes.NotFound, "no such thing: ü%\n"},
		"a fault":               {nil, fault.New(fault.Conflict, "too late"), codes.Aborted, "too late"},
		"a fault in a wrapper":  {nil, fmt.Errorf("adding: %w", fault.New(fault.Depth, "too deep")), codes.FailedPrecondition, "adding: too deep"},
		"the end of a context":  {nil, context.DeadlineExceeded, codes.DeadlineExceeded, "context deadline exceeded"},
		"any other error":       {nil, errors.New("oops"), codes.Internal, "oops"},
		"a fault without end":   {nil, fault.New(fault.Unavailable, "%s", strings.Repeat("x", 1<<20)), codes.Unavailable, "xxx"},
		"a wrapper without end": {nil, fmt.Errorf("%s: %w", strings.Repeat("x", 1<<20), fault.New(fault.Depth, "too deep")), codes.FailedPrecondition, "xxx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, func(context.Context, request) (*entityv1.Reply, error) { return test.reply, test.err })
			_, err := b.add(t.Context())
			if status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.text) {
				t.Errorf("error %v, want %v with %q", err, test.code, test.text)
			}
			if counted := <-b.calls; counted != fmt.Sprintf("%s/Add %s", descriptortest.Service, test.code) {
				t.Errorf("counted %q", counted)
			}
		})
	}
}

// never is a router that must not be asked.
func never(t *testing.T) router {
	t.Helper()
	return func(_ context.Context, r request) (*entityv1.Reply, error) {
		t.Errorf("the router was asked %v", r)
		return nil, errors.New("never")
	}
}

// TestUnknown covers CORE-CMD-009.
func TestUnknown(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	messages := descriptortest.NewMessages()
	for _, path := range []string{"/" + descriptortest.Service + "/Nothing", "/nothing.Service/Add"} {
		err := b.conn.Invoke(t.Context(), path, messages.GetRequest("a"), messages.New("GetResponse"))
		if status.Code(err) != codes.Unimplemented {
			t.Errorf("%s: %v", path, err)
		}
		if counted := <-b.calls; counted != "/ Unimplemented" {
			t.Errorf("counted %q", counted)
		}
	}
}

func TestNotServing(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	b.function.err.Store(fault.New(fault.Unavailable, "the user function does not serve: because"))
	if _, err := b.add(t.Context()); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "because") {
		t.Error(err)
	}
}

// TestTooLarge covers CORE-LIMIT-003.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	messages := descriptortest.NewMessages()
	err := b.conn.Invoke(t.Context(), descriptortest.Get, messages.GetRequest(strings.Repeat("a", maxRequest)), messages.New("GetResponse"))
	if status.Code(err) != codes.ResourceExhausted {
		t.Error(err)
	}
}

// TestDetails covers CORE-FAIL-006 and CORE-FAIL-010: they reach the caller as the
// status's details, and where there are none, nothing stands in their place.
func TestDetails(t *testing.T) {
	t.Parallel()
	detail := &anypb.Any{TypeUrl: "t/shop.SoldOut", Value: []byte{0x08, 0x07}}
	b := start(t, func(context.Context, request) (*entityv1.Reply, error) {
		return nil, &entity.Failure{Code: codes.NotFound, Description: "ü", Details: []*anypb.Any{detail}}
	})
	var trailers metadata.MD
	err := b.conn.Invoke(t.Context(), descriptortest.Add, new(emptypb.Empty), new(emptypb.Empty), grpc.Trailer(&trailers))
	want := &spb.Status{Code: int32(codes.NotFound), Message: "ü", Details: []*anypb.Any{detail}}
	if diff := cmp.Diff(want, status.Convert(err).Proto(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got := trailers.Get("grpc-status-details-bin"); len(got) != 1 {
		t.Errorf("the details are %q", got)
	}
	bare := start(t, func(context.Context, request) (*entityv1.Reply, error) {
		return nil, &entity.Failure{Code: codes.NotFound}
	})
	err = bare.conn.Invoke(t.Context(), descriptortest.Add, new(emptypb.Empty), new(emptypb.Empty), grpc.Trailer(&trailers))
	if got := trailers.Get("grpc-status-details-bin"); status.Code(err) != codes.NotFound || got != nil {
		t.Errorf("%v has the details %q", err, got)
	}
}

// TestNotUnary shows what becomes of a call that has no request, or two.
func TestNotUnary(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	messages := descriptortest.NewMessages()
	for requests, want := range map[int]string{0: "no request", 2: "more than one request"} {
		stream, err := b.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, descriptortest.Get)
		if err != nil {
			t.Fatal(err)
		}
		for range requests {
			if err := stream.SendMsg(messages.GetRequest("a")); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		err = stream.RecvMsg(messages.New("GetResponse"))
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("%d requests: %v", requests, err)
		}
	}
}

// TestHealth covers LIFE-READY-005.
func TestHealth(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	health := grpc_health_v1.NewHealthClient(b.conn)
	check := func(service, want string) {
		t.Helper()
		response, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || response.GetStatus().String() != want {
			t.Errorf("health of %q: %v, %v", service, response, err)
		}
	}
	check("", "NOT_SERVING")
	b.frontend.SetHealth(true, []string{descriptortest.Service})
	check("", "SERVING")
	check(descriptortest.Service, "SERVING")
	b.frontend.SetHealth(false, []string{descriptortest.Service})
	check("", "NOT_SERVING")
	check(descriptortest.Service, "NOT_SERVING")
	b.frontend.SetHealth(true, []string{"another"})
	check(descriptortest.Service, "NOT_SERVING")
	check("another", "SERVING")
	if _, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "nothing"}); status.Code(err) != codes.NotFound {
		t.Errorf("health of nothing: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := frontend.New(frontend.Config{}); err == nil {
		t.Error("an empty config was taken")
	}
}

// BenchmarkCall is one call through the frontend alone.
func BenchmarkCall(b *testing.B) {
	reply := total(1)
	s := start(b, func(context.Context, request) (*entityv1.Reply, error) { return reply, nil })
	messages := descriptortest.NewMessages()
	request, response := messages.AddRequest("a", 7), messages.New("AddResponse")
	b.ReportAllocs()
	for b.Loop() {
		if err := s.conn.Invoke(b.Context(), descriptortest.Add, request, response); err != nil {
			b.Fatal(err)
		}
	}
}
