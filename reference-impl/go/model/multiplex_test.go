package main

import (
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// multiplexed is a stream that carries many entities.
type multiplexed struct {
	t      *testing.T
	stream grpc.BidiStreamingClient[multiplexv1.HandleRequest, multiplexv1.HandleResponse]
}

// openMultiplexed opens one for a kind.
func openMultiplexed(t *testing.T, proxy *sdktest.Proxy, kind string) *multiplexed {
	t.Helper()
	ctx, _ := proxy.Context()
	stream, err := multiplexv1.NewMultiplexServiceClient(proxy.Conn).Handle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m := &multiplexed{t, stream}
	m.send(&multiplexv1.HandleRequest{Frame: &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: kind}}})
	return m
}

// send sends a frame as a later version would: with a field that nobody knows
// (MUX-MSG-006).
func (m *multiplexed) send(frame *multiplexv1.HandleRequest) {
	m.t.Helper()
	frame.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1))
	if err := m.stream.Send(frame); err != nil {
		m.t.Fatal(err)
	}
}

func (m *multiplexed) open(handle int64, first proto.Message) {
	m.t.Helper()
	m.send(&multiplexv1.HandleRequest{Handle: handle, Frame: &multiplexv1.HandleRequest_Open{
		Open: &multiplexv1.Open{Message: encoded(m.t, first)},
	}})
}

func (m *multiplexed) message(handle int64, message proto.Message) {
	m.t.Helper()
	m.send(&multiplexv1.HandleRequest{Handle: handle, Frame: &multiplexv1.HandleRequest_Message{Message: encoded(m.t, message)}})
}

func encoded(t *testing.T, message proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// next returns the next frame that is no credit.
func (m *multiplexed) next() *multiplexv1.HandleResponse {
	m.t.Helper()
	for {
		frame, err := m.stream.Recv()
		if err != nil {
			m.t.Fatal(err)
		}
		if frame.GetCredit() == nil {
			return frame
		}
	}
}

// answer returns the message in the next frame, which is one of the handle.
func (m *multiplexed) answer(handle int64) *eventsourcedv1.HandleResponse {
	m.t.Helper()
	frame, answer := m.next(), &eventsourcedv1.HandleResponse{}
	if err := proto.Unmarshal(frame.GetMessage(), answer); err != nil || frame.GetHandle() != handle || len(frame.GetMessage()) == 0 {
		m.t.Fatalf("%v, %v", frame, err)
	}
	return answer
}

// state sends a command, and returns the state that the reply tells.
func (m *multiplexed) state(handle, id int64, actions ...*tckv1.RequestAction) string {
	m.t.Helper()
	m.message(handle, do(id, actions...))
	return told(m.t, m.answer(handle))
}

// told is the state in a reply.
func told(t *testing.T, answer *eventsourcedv1.HandleResponse) string {
	t.Helper()
	response := &tckv1.ProcessResponse{}
	if err := answer.GetReply().GetClientAction().GetReply().GetPayload().UnmarshalTo(response); err != nil {
		t.Fatalf("%v: %v", answer, err)
	}
	return response.GetMessage()
}

// MUX-OPEN-005, MUX-USE-003: an entity begins anew on its next handle, and so it does on
// a plain stream.
func TestMultiplexedEntities(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	m := openMultiplexed(t, proxy, eventSourced)
	m.open(1, start().send)
	if got := m.state(1, 1, emit("A")); got != "A" {
		t.Errorf("the state is %q", got)
	}
	m.send(&multiplexv1.HandleRequest{Handle: 1, Frame: &multiplexv1.HandleRequest_Close{Close: &multiplexv1.Close{}}})
	if frame := m.next(); frame.GetClosed() == nil {
		t.Fatalf("%v", frame)
	}
	m.open(2, startAt(3, "XYZ").send)
	if got := m.state(2, 1); got != "XYZ" {
		t.Errorf("the state is %q", got)
	}
	plain := proxy.Open(start().send)
	if got := told(t, plain.Ask(do(1, emit("P")))); got != "P" {
		t.Errorf("the state is %q", got)
	}
	if got := m.state(2, 2); got != "XYZ" {
		t.Errorf("the state is %q", got)
	}
	plain.Passivate()
}

// MUX-OPEN-003.
func TestMultiplexedWithoutInit(t *testing.T) {
	t.Parallel()
	m := openMultiplexed(t, sdktest.Start(t, config()), eventSourced)
	m.open(1, do(1))
	if answer := m.answer(1); answer.GetFailure() == nil {
		t.Errorf("%v", answer)
	}
	if frame := m.next(); frame.GetClosed() == nil || frame.GetHandle() != 1 {
		t.Errorf("%v", frame)
	}
	m.open(2, start().send)
	if got := m.state(2, 1, emit("A")); got != "A" {
		t.Errorf("the state is %q", got)
	}
}

// MUX-USE-004.
func TestEachStatefulKindIsMultiplexed(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for _, kind := range []string{
		eventSourced, valuev1.ValueEntityService_ServiceDesc.ServiceName, replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName,
	} {
		m := openMultiplexed(t, proxy, kind)
		if err := m.stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if frame, err := m.stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v, %v", kind, frame, err)
		}
	}
}
