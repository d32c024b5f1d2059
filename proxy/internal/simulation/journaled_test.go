package simulation

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// journaledRole is the function of event sourced entities: an event is a token.
type journaledRole struct{}

func (journaledRole) take(s *stream, message proto.Message) *entityv1.Command {
	request, _ := message.(*eventsourcedv1.HandleRequest)
	switch {
	case request.GetInit() != nil:
		s.model = model{state: string(request.GetInit().GetSnapshot().GetSnapshot().GetValue())}
	case request.GetEvent() != nil:
		s.model.state += string(request.GetEvent().GetPayload().GetValue())
	case request.GetSnapshotRequest() != nil:
		s.say(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{
			SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: text(s.model.state)},
		}})
	}
	return request.GetCommand()
}

func (journaledRole) reply(s *stream, command *entityv1.Command, o order, snapshot bool) proto.Message {
	reply := &eventsourcedv1.EventSourcedReply{CommandId: command.GetId(), SideEffects: o.effects()}
	if command.GetName() == "Add" {
		s.model.state += o.Token
		reply.Events = []*anypb.Any{text(o.Token)}
		if o.Delete {
			reply.Delete = &eventsourcedv1.Delete{Retention: o.Retention}
		} else if snapshot {
			reply.Snapshot = text(s.model.state)
		}
	}
	reply.ClientAction = o.action(s.model.state)
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
}

func (journaledRole) refusal(id int64, action *entityv1.ClientAction) proto.Message {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: id, ClientAction: action, Events: []*anypb.Any{text(bad)},
	}}}
}

func (journaledRole) nothing() proto.Message { return &eventsourcedv1.HandleResponse{} }

func (journaledRole) failed(failure *entityv1.Failure) proto.Message {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}
}
