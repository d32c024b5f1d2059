package app

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// adder is a function whose counters are an action: Add streams both ways and answers
// each amount by itself, Get is unary and answers its request's size.
type adder struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	actionv1.UnimplementedActionServiceServer

	tb testing.TB
	// firsts are the first commands of the calls, cancelled the ends of those that
	// were cancelled.
	firsts    chan *actionv1.ActionCommand
	cancelled chan error
}

// startAdder starts one on loopback and returns where it listens.
func startAdder(tb testing.TB) (*adder, string) {
	tb.Helper()
	a := &adder{tb: tb, firsts: make(chan *actionv1.ActionCommand, 16), cancelled: make(chan error, 16)}
	return a, listenFor(tb, func(server *grpc.Server) {
		discoveryv1.RegisterDiscoveryServiceServer(server, a)
		actionv1.RegisterActionServiceServer(server, a)
	})
}

// listenFor serves what is registered on loopback, until the end of the test, and
// returns where.
func listenFor(tb testing.TB, register func(*grpc.Server)) string {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", loopback)
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer()
	register(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends by Stop
	}()
	tb.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener.Addr().String()
}

func (*adder) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	files := descriptortest.Files()
	service := files.GetFile()[2].GetService()[0]
	service.GetMethod()[0].ClientStreaming, service.GetMethod()[0].ServerStreaming = new(true), new(true)
	answer := descriptortest.Answer(files)
	action, _ := wire.V1().OfKind(wire.Action)
	answer.Entities[0].EntityType, answer.Entities[0].PersistenceId = action.Type, ""
	return answer, nil
}

func (a *adder) HandleUnary(_ context.Context, command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	a.firsts <- command
	if len(command.GetPayload().GetValue()) > 10 {
		return nil, status.Error(codes.OutOfRange, "too long a name")
	}
	response := a.answer("GetResponse", int64(len(command.GetPayload().GetValue())))
	response.ProtoReflect().SetUnknown([]byte{0xa0, 0x06, 0x01}) // ACT-ANSWER-013
	return response, nil
}

func (a *adder) HandleStreamed(stream grpc.BidiStreamingServer[actionv1.ActionCommand, actionv1.ActionResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	a.firsts <- first
	for n := int64(1); ; n++ {
		_, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			a.cancelled <- err
			return err
		}
		if err := stream.Send(a.answer("AddResponse", n)); err != nil {
			return err
		}
	}
}

// answer is a response that gives the caller a total.
func (a *adder) answer(name string, total int64) *actionv1.ActionResponse {
	payload, err := anypb.New(descriptortest.NewMessages().Total(name, total))
	if err != nil {
		a.tb.Error(err)
	}
	return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: payload}}}
}

// ACT-OPEN-001, ACT-END-004, ACT-META-003: a unary call passes through the whole proxy, and a
// status of the function reaches its caller.
func TestUnaryAction(t *testing.T) {
	function, target := startAdder(t)
	caller := runProxy(t, quick(target)).dial(t)
	if got, err := caller.get("abc"); got != 5 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	first := take(t, function.firsts)
	if first.GetServiceName() != descriptortest.Service || first.GetName() != "Get" || len(first.GetPayload().GetValue()) != 5 {
		t.Errorf("the function got %v", first)
	}
	if _, err := caller.get("a long name"); status.Code(err) != codes.OutOfRange || status.Convert(err).Message() != "too long a name" {
		t.Errorf("its status reached the caller as %v", err)
	}
}

// ACT-OPEN-003, ACT-REQ-002, ACT-END-001, ACT-END-009: a call that streams both ways opens before
// its first request, and ends with its caller's half-close or cancel.
func TestStreamedAction(t *testing.T) {
	function, target := startAdder(t)
	caller := runProxy(t, quick(target)).dial(t)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "x-tenant", "t1"), time.Minute)
	defer cancel()
	open := func() grpc.ClientStream {
		stream, err := caller.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, descriptortest.Add)
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	stream := open()
	if first := take(t, function.firsts); first.GetPayload() != nil || first.GetMetadata().GetEntries()[0].GetStringValue() != "t1" {
		t.Errorf("the opening is %v", first)
	}
	for n := int64(1); n <= 3; n++ {
		if err := stream.SendMsg(caller.messages.AddRequest("a", n)); err != nil {
			t.Fatal(err)
		}
		response := caller.messages.New("AddResponse")
		if err := stream.RecvMsg(response); err != nil || descriptortest.Int64(response, "total") != n {
			t.Fatalf("item %d: %v, %v", n, response, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(caller.messages.New("AddResponse")); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	open()
	take(t, function.firsts)
	cancel()
	if err := take(t, function.cancelled); status.Code(err) != codes.Canceled {
		t.Errorf("the function sees %v", err)
	}
}

// LIFE-STOP-006: a stream that nobody ends takes the whole grace, and its caller gets
// UNAVAILABLE.
func TestStopWithAnOpenStream(t *testing.T) {
	function, target := startAdder(t)
	config := quick(target)
	config.DrainTimeout = 100 * time.Millisecond
	proxy := runProxy(t, config)
	caller := proxy.dial(t)
	stream, err := caller.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, descriptortest.Add)
	if err != nil {
		t.Fatal(err)
	}
	take(t, function.firsts)
	if err := proxy.halt(t); err == nil {
		t.Error("the proxy says that all has ended")
	}
	if err := stream.RecvMsg(caller.messages.New("AddResponse")); status.Code(err) != codes.Unavailable {
		t.Errorf("the caller gets %v", err)
	}
	take(t, function.cancelled)
}
