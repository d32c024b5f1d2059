package sdktest

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// Shorter names for what a stream of an event sourced entity carries.
type (
	// Request goes to the function.
	Request = eventsourcedv1.HandleRequest
	// Response comes from the function.
	Response = eventsourcedv1.HandleResponse
)

// Stream is one stream to an event sourced entity.
type Stream = Conversation[Request, Response]

// Open opens a stream and sends these messages on it.
func (p *Proxy) Open(messages ...*Request) *Stream {
	p.tb.Helper()
	return converse(p, eventsourcedv1.NewEventSourcedServiceClient(p.Conn).Handle, messages)
}

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
