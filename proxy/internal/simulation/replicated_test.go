package simulation

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// replicatedRole is the function of replicated entities: a GSet of tokens.
type replicatedRole struct{}

func (replicatedRole) take(s *stream, message proto.Message) *entityv1.Command {
	request, _ := message.(*replicatedv1.HandleRequest)
	if init := request.GetInit(); init != nil {
		s.model = model{}
		s.model.merge(init.GetDelta().GetGset().GetAdded())
	}
	if delta := request.GetDelta(); delta != nil {
		s.model.merge(delta.GetGset().GetAdded())
		s.say(s.stream()...)
	}
	if cancelled := request.GetStreamCancelled(); cancelled != nil {
		s.model.watching = slices.DeleteFunc(s.model.watching, func(id int64) bool { return id == cancelled.GetId() })
		s.say(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{
			StreamCancelledResponse: &replicatedv1.StreamCancelledResponse{CommandId: cancelled.GetId()},
		}})
	}
	return request.GetCommand()
}

func (replicatedRole) reply(s *stream, command *entityv1.Command, o order, _ bool) proto.Message {
	reply := &replicatedv1.ReplicatedReply{CommandId: command.GetId(), SideEffects: o.effects(), Streamed: command.GetStreamed()}
	if command.GetName() == "Add" {
		s.model.merge([]*anypb.Any{text(o.Token)})
		reply.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
			Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: []*anypb.Any{text(o.Token)}}},
		}}}
		if o.Delete {
			reply.StateAction.Action = &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}
		}
		if o.All {
			reply.StateAction.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
		}
	}
	reply.ClientAction = o.action(s.model.state)
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}
}

// stream tells those that watch the entity what it has become.
func (s *stream) stream() (messages []proto.Message) {
	for _, id := range s.model.watching {
		messages = append(messages, &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{
			StreamedMessage: &replicatedv1.StreamedMessage{CommandId: id, ClientAction: order{}.action(s.model.state)},
		}})
	}
	return messages
}

// merge adds what a replicated entity has got.
func (m *model) merge(added []*anypb.Any) {
	all := tokens(m.state)
	for _, element := range added {
		all = append(all, string(element.GetValue()))
	}
	slices.Sort(all)
	m.state = strings.Join(slices.Compact(all), "")
}

func (replicatedRole) refusal(id int64, action *entityv1.ClientAction) proto.Message {
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: id, ClientAction: action,
	}}}
}

func (replicatedRole) nothing() proto.Message { return &replicatedv1.HandleResponse{} }

func (replicatedRole) failed(failure *entityv1.Failure) proto.Message {
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}
}
