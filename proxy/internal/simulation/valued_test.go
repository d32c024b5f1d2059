package simulation

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// valuedRole is the function of value entities: a value is the tokens of its orders, and what
// deletes it answers with its own alone.
type valuedRole struct{}

func (valuedRole) take(s *stream, message proto.Message) *entityv1.Command {
	request, _ := message.(*valuev1.HandleRequest)
	if init := request.GetInit(); init != nil {
		s.model = model{state: string(init.GetState().GetValue().GetValue())}
	}
	return request.GetCommand()
}

func (valuedRole) reply(s *stream, command *entityv1.Command, o order, _ bool) proto.Message {
	reply := &valuev1.ValueEntityReply{CommandId: command.GetId(), SideEffects: o.effects()}
	if command.GetName() == "Add" {
		s.model.state += o.Token
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{
			Value: text(s.model.state), ExpireAfter: o.Expire,
		}}}
	}
	reply.ClientAction = o.action(s.model.state)
	if o.Delete {
		s.model.state = ""
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}}
		reply.ClientAction = o.action(o.Token)
	}
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
}

func (valuedRole) refusal(id int64, action *entityv1.ClientAction) proto.Message {
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: &valuev1.ValueEntityReply{
		CommandId: id, ClientAction: action,
		StateAction: &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: text(bad)}}},
	}}}
}

func (valuedRole) nothing() proto.Message { return &valuev1.HandleResponse{} }

func (valuedRole) failed(failure *entityv1.Failure) proto.Message {
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: failure}}
}
