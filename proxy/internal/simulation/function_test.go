package simulation

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// model is what the function has in memory of one entity: the tokens of its orders, in
// their order, or sorted where the entity is replicated.
type model struct {
	entity string
	state  string
	// watching are the streamed commands that are open.
	watching []int64
}

// conduct is how the function answers one command.
type conduct int

const (
	replies   conduct = iota
	refuses           // with a domain failure, and a change that must not be kept
	restarts          // as refuses, and asks for a restart
	tiring            // with a failure that may be retried
	mute              // with a message that says nothing
	confused          // with the id of another command
	broken            // with a failure that concerns the stream
	silent            // not at all
	repeating         // twice
	leaving           // by ending the stream, OK
	crashing          // by ending it otherwise
)

var conducts = [...]string{"replies", "refuses", "restarts", "is tired", "is mute", "is confused", "is broken", "is silent", "repeats", "leaves", "crashes"}

func (c conduct) String() string { return conducts[c] }

// bad is what must not be kept.
const bad = "bad;"

// handle lets the function take one message, and says what it did: how is the way in
// which it answers a command, with a snapshot or without. Declined gets the tokens of
// orders that it has refused.
func (s *stream) handle(how conduct, snapshot bool, declined map[string]bool) string {
	if s.utter() {
		return "goes on"
	}
	message := s.next()
	if message == nil {
		s.end(io.EOF)
		return "ends"
	}
	defer s.utter()
	var command *entityv1.Command
	switch m := message.(type) {
	case *eventsourcedv1.HandleRequest:
		command = s.eventSourced(m)
	case *valuev1.HandleRequest:
		command = s.value(m)
	case *replicatedv1.HandleRequest:
		command = s.replicated(m)
	case *actionv1.ActionCommand:
		command = &entityv1.Command{Name: m.GetName(), Payload: m.GetPayload()}
	}
	if command == nil {
		return "takes " + describe(message)
	}
	if o, err := decode(command.GetPayload().GetValue()); err == nil && (how == refuses || how == restarts) {
		declined[o.Token] = true
	}
	s.answer(command, how, snapshot)
	if s.kind == acting && how != silent {
		s.leave(io.EOF) // Unless it ends otherwise before.
	}
	return how.String() + " to " + describe(message)
}

func (s *stream) eventSourced(request *eventsourcedv1.HandleRequest) *entityv1.Command {
	switch {
	case request.GetInit() != nil:
		s.model = model{entity: request.GetInit().GetEntityId(), state: string(request.GetInit().GetSnapshot().GetSnapshot().GetValue())}
	case request.GetEvent() != nil:
		s.model.state += string(request.GetEvent().GetPayload().GetValue())
	case request.GetSnapshotRequest() != nil:
		s.say(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{
			SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: text(s.model.state)},
		}})
	}
	return request.GetCommand()
}

func (s *stream) value(request *valuev1.HandleRequest) *entityv1.Command {
	if init := request.GetInit(); init != nil {
		s.model = model{entity: init.GetEntityId(), state: string(init.GetState().GetValue().GetValue())}
	}
	return request.GetCommand()
}

func (s *stream) replicated(request *replicatedv1.HandleRequest) *entityv1.Command {
	if init := request.GetInit(); init != nil {
		s.model = model{entity: init.GetEntityId()}
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

// answer answers a command so.
func (s *stream) answer(command *entityv1.Command, how conduct, snapshot bool) {
	id := command.GetId()
	if s.kind == acting && how == confused { // Its command has no id.
		how = mute
	}
	switch how {
	case replies:
		s.say(s.reply(id, command, snapshot))
		if command.GetName() == "Add" {
			s.say(s.stream()...)
		}
		if command.GetStreamed() {
			s.model.watching = append(s.model.watching, id)
		}
	case refuses, restarts, tiring:
		s.say(s.refusal(id, how))
	case mute:
		s.say(s.nothing())
	case confused:
		s.say(s.reply(id+1000, &entityv1.Command{Name: "Add", Payload: text(string(order{Token: bad}.encode()))}, false))
	case broken:
		s.fail()
	case repeating:
		s.say(s.reply(id, command, false), s.reply(id, &entityv1.Command{Name: "Add", Payload: text(string(order{Token: bad}.encode()))}, false))
	case leaving:
		s.leave(io.EOF)
	case crashing:
		s.leave(status.Error(codes.Unknown, "the function has crashed"))
	case silent:
	}
}

// reply does what the command wants, and answers it.
func (s *stream) reply(id int64, command *entityv1.Command, snapshot bool) proto.Message {
	o, err := decode(command.GetPayload().GetValue())
	if err != nil {
		panic(err)
	}
	if command.GetName() != "Add" {
		o.Then = nil
	}
	changes := command.GetName() == "Add"
	switch s.kind {
	case journaled:
		reply := &eventsourcedv1.EventSourcedReply{CommandId: id, SideEffects: o.effects()}
		if changes {
			s.model.state += o.Token
			reply.Events = []*anypb.Any{text(o.Token)}
			if snapshot {
				reply.Snapshot = text(s.model.state)
			}
		}
		reply.ClientAction = o.action(s.model.state)
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
	case valued:
		reply := &valuev1.ValueEntityReply{CommandId: id, SideEffects: o.effects()}
		if changes {
			s.model.state += o.Token
			reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: text(s.model.state)}}}
		}
		reply.ClientAction = o.action(s.model.state)
		return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
	case replicated:
		reply := &replicatedv1.ReplicatedReply{CommandId: id, SideEffects: o.effects(), Streamed: command.GetStreamed()}
		if changes {
			s.model.merge([]*anypb.Any{text(o.Token)})
			reply.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
				Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: []*anypb.Any{text(o.Token)}}},
			}}}
			if o.All {
				reply.StateAction.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
			}
		}
		reply.ClientAction = o.action(s.model.state)
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}
	default:
		response := &actionv1.ActionResponse{SideEffects: o.effects()}
		switch action := o.action(o.Token).GetAction().(type) {
		case *entityv1.ClientAction_Forward:
			response.Response = &actionv1.ActionResponse_Forward{Forward: action.Forward}
		case *entityv1.ClientAction_Reply:
			response.Response = &actionv1.ActionResponse_Reply{Reply: action.Reply}
		}
		return response
	}
}

// refusal refuses the command. What it changes besides must not be kept.
func (s *stream) refusal(id int64, how conduct) proto.Message {
	failure := &entityv1.Failure{CommandId: id, Description: "no", Restart: how == restarts, Retryable: how == tiring}
	action := &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: failure}}
	switch s.kind {
	case journaled:
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
			CommandId: id, ClientAction: action, Events: []*anypb.Any{text(bad)},
		}}}
	case valued:
		return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: &valuev1.ValueEntityReply{
			CommandId: id, ClientAction: action,
			StateAction: &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: text(bad)}}},
		}}}
	case replicated:
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
			CommandId: id, ClientAction: action,
		}}}
	default:
		return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Failure{Failure: failure}}
	}
}

func (s *stream) nothing() proto.Message {
	switch s.kind {
	case journaled:
		return &eventsourcedv1.HandleResponse{}
	case valued:
		return &valuev1.HandleResponse{}
	case replicated:
		return &replicatedv1.HandleResponse{}
	default:
		return &actionv1.ActionResponse{}
	}
}

// fail fails the stream as a whole; an action has no such answer.
func (s *stream) fail() {
	failure := &entityv1.Failure{Description: "broken"}
	switch s.kind {
	case journaled:
		s.say(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}})
	case valued:
		s.say(&valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: failure}})
	case replicated:
		s.say(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}})
	default:
		s.leave(status.Error(codes.Aborted, "broken"))
	}
}

// describe names a message for the history.
func describe(message proto.Message) string {
	switch m := message.(type) {
	case *eventsourcedv1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *valuev1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *replicatedv1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *actionv1.ActionCommand:
		o, _ := decode(m.GetPayload().GetValue())
		return m.GetName() + " " + o.Token + origin(m.GetMetadata())
	default:
		return "half-close"
	}
}

func describeOne(init interface{ GetEntityId() string }, command *entityv1.Command, message any) string {
	if command != nil {
		o, _ := decode(command.GetPayload().GetValue())
		return fmt.Sprintf("%s %s/%s as %d%s", command.GetName(), command.GetEntityId(), o.Token, command.GetId(), origin(command.GetMetadata()))
	}
	if id := init.GetEntityId(); id != "" {
		return "init " + id
	}
	kind := fmt.Sprintf("%T", message)
	return kind[strings.LastIndexByte(kind, '_')+1:]
}
