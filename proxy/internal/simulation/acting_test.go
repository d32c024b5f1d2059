package simulation

import (
	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// actingRole is the function of an action, which answers with the token of its order.
type actingRole struct{}

func (actingRole) take(_ *stream, message proto.Message) *entityv1.Command {
	command, is := message.(*actionv1.ActionCommand)
	if !is {
		return nil
	}
	return &entityv1.Command{Name: command.GetName(), Payload: command.GetPayload()}
}

func (actingRole) reply(_ *stream, _ *entityv1.Command, o order, _ bool) proto.Message {
	response := &actionv1.ActionResponse{SideEffects: o.effects()}
	switch action := o.action(o.Token).GetAction().(type) {
	case *entityv1.ClientAction_Forward:
		response.Response = &actionv1.ActionResponse_Forward{Forward: action.Forward}
	case *entityv1.ClientAction_Reply:
		response.Response = &actionv1.ActionResponse_Reply{Reply: action.Reply}
	}
	return response
}

func (actingRole) refusal(_ int64, action *entityv1.ClientAction) proto.Message {
	return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Failure{Failure: action.GetFailure()}}
}

func (actingRole) nothing() proto.Message { return &actionv1.ActionResponse{} }

func (actingRole) failed(*entityv1.Failure) proto.Message { return nil }

// callStream is the stream of one call of an action.
type callStream struct{ *stream }

func (s callStream) Send(command *actionv1.ActionCommand) error { return s.stream.Send(command) }

func (s callStream) Recv() (*actionv1.ActionResponse, error) {
	message, err := s.stream.Recv()
	if err != nil {
		return nil, err
	}
	response, is := message.(*actionv1.ActionResponse)
	if !is {
		return nil, fault.New(fault.Internal, "simulation: no response of an action")
	}
	return response, nil
}
