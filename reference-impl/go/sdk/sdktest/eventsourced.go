package sdktest

import (
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Shorter names for what a stream of an event sourced entity carries.
type (
	// Request goes to the function.
	Request = eventsourcedv1.HandleRequest
	// Response comes from the function.
	Response = eventsourcedv1.HandleResponse
)

// Stream is one stream to an event sourced entity. Its methods end the test
// where the function does what no correct one does.
type Stream struct {
	proxy  *Proxy
	stream grpc.BidiStreamingClient[Request, Response]
	reset  func()
}

// Open opens a stream and sends these messages on it.
func (p *Proxy) Open(messages ...*Request) *Stream {
	p.tb.Helper()
	ctx, reset := p.Context()
	stream, err := eventsourcedv1.NewEventSourcedServiceClient(p.Conn).Handle(ctx)
	if err != nil {
		p.tb.Fatal(err)
	}
	s := &Stream{proxy: p, stream: stream, reset: reset}
	for _, message := range messages {
		s.Send(message)
	}
	return s
}

// Send sends the message. The function may have ended the stream already; what
// it then said is what the next Receive returns.
func (s *Stream) Send(message *Request) {
	s.proxy.tb.Helper()
	if err := s.stream.Send(message); err != nil && !errors.Is(err, io.EOF) {
		s.proxy.tb.Fatal(err)
	}
}

// Receive returns the function's next message.
func (s *Stream) Receive() *Response {
	s.proxy.tb.Helper()
	response, err := s.stream.Recv()
	if err != nil {
		s.proxy.tb.Fatalf("the function said nothing: %v", err)
	}
	return response
}

// Ask sends the message and returns what answers it.
func (s *Stream) Ask(message *Request) *Response {
	s.proxy.tb.Helper()
	s.Send(message)
	return s.Receive()
}

// Ended waits for the end of the stream, and fails the test when the function
// says anything before it, or gives another status than OK.
func (s *Stream) Ended() {
	s.proxy.tb.Helper()
	if response, err := s.stream.Recv(); !errors.Is(err, io.EOF) {
		s.proxy.tb.Fatalf("the stream goes on: %v, %v", response, err)
	}
}

// Passivate half-closes the stream and waits for its end.
func (s *Stream) Passivate() {
	s.proxy.tb.Helper()
	if err := s.stream.CloseSend(); err != nil {
		s.proxy.tb.Fatal(err)
	}
	s.Ended()
}

// Status waits for the end of the stream, whatever it is, and returns it; nil
// is OK.
func (s *Stream) Status() error {
	for {
		if _, err := s.stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Reset breaks the stream off, as a proxy does that gives an activation up.
func (s *Stream) Reset() { s.reset() }

// Init is the message that opens a stream; snapshot nil is none.
func Init(service, entity string, snapshot *eventsourcedv1.Snapshot) *Request {
	return &Request{Message: &eventsourcedv1.HandleRequest_Init{
		Init: &eventsourcedv1.Init{ServiceName: service, EntityId: entity, Snapshot: snapshot},
	}}
}

// Snapshot is a stored state after this sequence.
func Snapshot(sequence int64, state proto.Message) *eventsourcedv1.Snapshot {
	return &eventsourcedv1.Snapshot{SnapshotSequence: sequence, Snapshot: Any(state)}
}

// Event is a stored event.
func Event(sequence int64, event proto.Message) *Request {
	return &Request{Message: &eventsourcedv1.HandleRequest_Event{
		Event: &eventsourcedv1.Event{Sequence: sequence, Payload: Any(event)},
	}}
}

// Command is a command; request nil is one without payload.
func Command(entity string, id int64, name string, request proto.Message) *Request {
	return WithCommand(&entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: Any(request)})
}

// WithCommand is the message that carries this command.
func WithCommand(command *entityv1.Command) *Request {
	return &Request{Message: &eventsourcedv1.HandleRequest_Command{Command: command}}
}

// Any packs the message; nil gives nil. It panics where that cannot be done,
// which a test does not live to see.
func Any(message proto.Message) *anypb.Any {
	if sdk.IsNil(message) {
		return nil
	}
	payload, err := sdk.Pack(message)
	if err != nil {
		panic(err)
	}
	return payload
}
