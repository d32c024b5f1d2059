package cloudstate

import (
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// profile is one activation of a value entity. Its own steps:
//
//	set TEXT    a new value, a scalar
//	delete      none any more
//	nothing     an update without a value
//	caseless    a state action without a case
type profile struct {
	value  string
	change *valuev1.StateAction
}

// valueEntity serves one activation.
func (f *Function) valueEntity(stream grpc.ServerStream) error {
	p := new(profile)
	for {
		request := new(valuev1.HandleRequest)
		if err := stream.RecvMsg(request); err != nil {
			return ended(err)
		}
		switch message := request.GetMessage().(type) {
		case *valuev1.HandleRequest_Init:
			p.value = Text(message.Init.GetState().GetValue().GetValue(), 1)
		case *valuev1.HandleRequest_Command:
			if err := p.command(f, stream, message.Command); err != nil && !errors.Is(err, errHang) {
				return ended(err)
			}
		}
	}
}

// command answers one command.
func (p *profile) command(f *Function, stream grpc.ServerStream, command *entityv1.Command) error {
	steps := stepsOf(Text(command.GetPayload().GetValue(), 2))
	before := p.value
	p.change = nil
	for _, s := range steps {
		p.follow(s)
	}
	o := f.outcome(steps, command.GetId(), p.value, command.GetMetadata())
	if o.action.GetFailure() != nil && !o.action.GetFailure().GetRestart() {
		p.value = before // rolls back itself
	}
	return say(stream, p, command.GetId(), o)
}

// follow does one step of a value entity.
func (p *profile) follow(s step) {
	switch s.word {
	case "set":
		p.value = s.rest
		p.change = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: primitive(s.rest)}}}
	case "delete":
		p.value = ""
		p.change = &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: new(valuev1.Delete)}}
	case "nothing":
		p.change = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: new(valuev1.Update)}}
	case "caseless":
		p.change = new(valuev1.StateAction)
	}
}

func (p *profile) reply(id int64, o outcome) proto.Message {
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: &valuev1.ValueEntityReply{
		CommandId: id, ClientAction: o.action, SideEffects: o.effects, StateAction: p.change,
	}}}
}

func (*profile) failure(failure *entityv1.Failure) proto.Message {
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: failure}}
}

func (*profile) empty() proto.Message { return new(valuev1.HandleResponse) }
