package sdktest

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// Shorter names for what a stream of a value entity carries.
type (
	// ValueRequest goes to the function.
	ValueRequest = valuev1.HandleRequest
	// ValueResponse comes from the function.
	ValueResponse = valuev1.HandleResponse
	// ValueStream is one stream to a value entity.
	ValueStream = Conversation[ValueRequest, ValueResponse]
)

// OpenValue opens a stream to a value entity and sends these messages on it.
func (p *Proxy) OpenValue(messages ...*ValueRequest) *ValueStream {
	p.tb.Helper()
	return converse(p, valuev1.NewValueEntityServiceClient(p.Conn).Handle, messages)
}

// ValueInit is the message that opens a stream; value nil is none.
func ValueInit(service, entity string, value proto.Message) *ValueRequest {
	return &ValueRequest{Message: &valuev1.HandleRequest_Init{
		Init: &valuev1.Init{ServiceName: service, EntityId: entity, State: &valuev1.State{Value: Any(value)}},
	}}
}

// ValueCommand is a command; request nil is one without payload.
func ValueCommand(entity string, id int64, name string, request proto.Message) *ValueRequest {
	return WithValueCommand(&entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: Any(request)})
}

// WithValueCommand is the message that carries this command.
func WithValueCommand(command *entityv1.Command) *ValueRequest {
	return &ValueRequest{Message: &valuev1.HandleRequest_Command{Command: command}}
}
