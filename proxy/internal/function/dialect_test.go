package function_test

import (
	"context"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// old is a function that speaks Cloudstate 0.2 alone.
type old struct {
	asked   chan *discoveryv1.DiscoverRequest
	reports chan *discoveryv1.ReportErrorRequest
	inits   chan *eventsourcedv1.HandleRequest
	refused atomic.Int32 // how many attempts are not answered
}

func newOld() *old {
	return &old{
		asked: make(chan *discoveryv1.DiscoverRequest, 100), reports: make(chan *discoveryv1.ReportErrorRequest, 100),
		inits: make(chan *eventsourcedv1.HandleRequest, 100),
	}
}

func (o *old) register(s *grpc.Server) {
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "cloudstate.EntityDiscovery", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{
		{MethodName: "discover", Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request := new(discoveryv1.DiscoverRequest)
			if err := decode(request); err != nil {
				return nil, err
			}
			if o.refused.Add(-1) >= 0 {
				return nil, status.Error(codes.Unavailable, "not yet")
			}
			o.asked <- request
			return &discoveryv1.DiscoverResponse{ServiceInfo: &discoveryv1.ServiceInfo{
				ProtocolMinorVersion: 2, MaxMessageBytes: 5 << 20, Capabilities: []discoveryv1.Capability{lifecycle}, IncarnationId: "unread",
			}}, nil
		}},
		{MethodName: "reportError", Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			report := new(discoveryv1.ReportErrorRequest)
			if err := decode(report); err != nil {
				return nil, err
			}
			o.reports <- report
			return new(discoveryv1.ReportErrorResponse), nil
		}},
	}}, o)
	s.RegisterService(&grpc.ServiceDesc{ServiceName: "cloudstate.eventsourced.EventSourced", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{
		{StreamName: "handle", ClientStreams: true, ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			request := new(eventsourcedv1.HandleRequest)
			if err := stream.RecvMsg(request); err != nil {
				return err
			}
			o.inits <- request
			return stream.SendMsg(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
				CommandId: 1, Delete: new(eventsourcedv1.Delete),
			}}})
		}},
	}}, o)
}

// willing is an owner that accepts every answer.
type willing struct{ *owner }

func (willing) Discovered(wire.Dialect, *discoveryv1.DiscoverResponse) []descriptor.Mistake {
	return nil
}

// asking runs a client that asks in the dialects.
func asking(t *testing.T, target, dialect string) (*function.Client, *owner) {
	t.Helper()
	o := newOwner()
	c := config(target, o)
	c.Owner = willing{o}
	c.Capabilities = []discoveryv1.Capability{lifecycle}
	var err error
	if c.Dialects, err = wire.Choice(dialect); err != nil {
		t.Fatal(err)
	}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	return client, o
}

// TestCloudstate covers DIA-CHOICE-001, DIA-CHOICE-003, DIA-CALL-001, DIA-CALL-002,
// DIA-INFO-001, DIA-FIELD-001, DIA-FIELD-002, DIA-REPORT-001 and DIA-CONN-004: a function
// of 0.2 is asked after v1 has failed, and neither sent nor read what it does not have.
func TestCloudstate(t *testing.T) {
	cloudstate := newOld()
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) {
			return nil, status.Error(codes.Unimplemented, "what is that?")
		},
		Register: cloudstate.register,
	})
	client, o := asking(t, f.Target, wire.NameAuto)
	o.awaitServing(t)
	request := take(t, cloudstate.asked)
	want := &discoveryv1.DiscoverRequest{
		ProtocolMinorVersion: 2, ProxyName: "stateward-proxy", ProxyVersion: "1.2.3", SupportedEntityTypes: wire.Cloudstate().Types(),
	}
	if !proto.Equal(request, want) {
		t.Errorf("the proxy said of itself %v, want %v", request, want)
	}
	stream, err := client.Open(t.Context(), wire.Cloudstate().Entities[0].Type)
	if err != nil {
		t.Fatal(err)
	}
	if terms := stream.Terms(); !terms.Cloudstate || terms.MaxMessage != 4<<20 || terms.Capabilities != entity.Capabilities(0) {
		t.Errorf("terms %+v", terms)
	}
	init := &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{EntityId: "a", Epoch: 3, LastSequence: 7}}}
	if err := stream.Send(init); err != nil {
		t.Fatal(err)
	}
	if got := take(t, cloudstate.inits); got.GetInit().GetEpoch() != 0 || got.GetInit().GetLastSequence() != 0 || got.GetInit().GetEntityId() != "a" {
		t.Errorf("sent %v", got)
	}
	if init.GetInit().GetEpoch() != 3 {
		t.Error("the caller's message was changed")
	}
	message, err := stream.Recv()
	if response, ok := message.(*eventsourcedv1.HandleResponse); err != nil || !ok || response.GetReply().GetDelete() != nil || response.GetReply().GetCommandId() != 1 {
		t.Errorf("received %v, %v", message, err)
	}
	client.Report(&discoveryv1.ReportErrorRequest{Code: "CORE-CMD-002", Message: "twice", ServiceName: "s", EntityId: "a", CommandId: 3, Detail: "more"})
	if report := take(t, cloudstate.reports); !proto.Equal(report, &discoveryv1.ReportErrorRequest{Message: `CORE-CMD-002, s, entity "a", command 3: twice`}) {
		t.Errorf("told %v", report)
	}
	f.Stop()
	if calls := len(f.Calls); calls != 4 {
		t.Errorf("the function got %d calls, want two attempts, a stream and a report", calls)
	}
}

// TestDialectsInTurn covers DIA-CHOICE-001 and DIA-CHOICE-004: attempts without an answer
// alternate, and the first one after the end of a connection that had one asks in v1.
func TestDialectsInTurn(t *testing.T) {
	cloudstate := newOld()
	cloudstate.refused.Store(1)
	script := functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) {
			return nil, status.Error(codes.Internal, "what is that?")
		},
		Register: cloudstate.register,
	}
	f := functiontest.Start(t, loopback, script)
	_, o := asking(t, f.Target, wire.NameAuto)
	o.awaitServing(t)
	f.Stop()
	v1, v02 := wire.V1().Discover, wire.Cloudstate().Discover
	for i, want := range []string{v1, v02, v1, v02} {
		if call := take(t, f.Calls); call != want {
			t.Errorf("call %d was %s, want %s", i+1, call, want)
		}
	}
	o.awaitReason(t, "was lost")
	again := functiontest.Start(t, f.Target, script)
	o.awaitServing(t)
	if call := take(t, again.Calls); call != v1 {
		t.Errorf("the first call on the next connection was %s", call)
	}
}

// TestDialectFixed covers DIA-CHOICE-005.
func TestDialectFixed(t *testing.T) {
	cloudstate := newOld()
	cloudstate.refused.Store(2)
	f := functiontest.Start(t, loopback, functiontest.Script{Register: cloudstate.register})
	_, o := asking(t, f.Target, wire.NameCloudstate)
	o.awaitServing(t)
	for range 3 {
		if call := take(t, f.Calls); call != wire.Cloudstate().Discover {
			t.Errorf("called %s", call)
		}
	}
}

// TestCloudstateConnections covers DIA-CONN-001 and DIA-CONN-002: a further connection is
// not asked, and goes with the one that was.
func TestCloudstateConnections(t *testing.T) {
	cloudstate := newOld()
	f := functiontest.Start(t, loopback, functiontest.Script{Register: cloudstate.register, Streams: 1})
	client, o := asking(t, f.Target, wire.NameCloudstate)
	o.awaitServing(t)
	streams := make([]function.Stream, 3)
	for i := range streams {
		var err error
		if streams[i], err = client.Open(t.Context(), wire.Cloudstate().Entities[0].Type); err != nil {
			t.Fatal(err)
		}
	}
	if asked := len(cloudstate.asked); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
