package runtimetest

import (
	"errors"
	"io"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// Model is a right event sourced function whose state is a text. Its events
// append to it.
type Model struct {
	// Answer is asked for the reply to each command, whose id it need not set;
	// nil stands for Reply.
	Answer func(s *Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply
	// Watch, when not nil, sees each message of the proxy first.
	Watch func(request *eventsourcedv1.HandleRequest)
	// Silent says that a snapshot request is not answered.
	Silent bool
}

// Serve serves one stream.
func (m Model) Serve(s *Stream) error {
	var state []byte
	for {
		request, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Watch != nil {
			m.Watch(request)
		}
		switch message := request.GetMessage().(type) {
		case *eventsourcedv1.HandleRequest_Init:
			state = append(state, message.Init.GetSnapshot().GetSnapshot().GetValue()...)
		case *eventsourcedv1.HandleRequest_Event:
			state = append(state, message.Event.GetPayload().GetValue()...)
		case *eventsourcedv1.HandleRequest_Command:
			reply := m.answer(s, string(state), message.Command)
			reply.CommandId = message.Command.GetId()
			for _, event := range reply.GetEvents() {
				state = append(state, event.GetValue()...)
			}
			if err := s.Send(&eventsourcedv1.HandleResponse{
				Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply},
			}); err != nil {
				return err
			}
		case *eventsourcedv1.HandleRequest_SnapshotRequest:
			if m.Silent {
				continue
			}
			given := &eventsourcedv1.SnapshotResponse{Snapshot: Text(string(state))}
			if err := s.Send(&eventsourcedv1.HandleResponse{
				Message: &eventsourcedv1.HandleResponse_SnapshotResponse{SnapshotResponse: given},
			}); err != nil {
				return err
			}
		}
	}
}

func (m Model) answer(s *Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	if m.Answer != nil {
		return m.Answer(s, state, command)
	}
	return m.Reply(state, command)
}

// Reply replies by the command's name: Add emits its payload, Fail refuses with
// it as the text, Restart does so and asks for a restart; any other replies with
// the state.
func (Model) Reply(state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	text := string(command.GetPayload().GetValue())
	switch command.GetName() {
	case "Add":
		reply := Reply(state + text)
		reply.Events = []*anypb.Any{Text(text)}
		return reply
	case "Fail":
		return Fail(&entityv1.Failure{Description: text})
	case "Restart":
		return Fail(&entityv1.Failure{Description: text, Restart: true})
	default:
		return Reply(state)
	}
}

// Text packs a text.
func Text(text string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/test.Text", Value: []byte(text)}
}

// Reply answers with a text.
func Reply(text string) *eventsourcedv1.EventSourcedReply {
	return &eventsourcedv1.EventSourcedReply{ClientAction: &entityv1.ClientAction{
		Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: Text(text)}},
	}}
}

// Fail answers with a failure.
func Fail(failure *entityv1.Failure) *eventsourcedv1.EventSourcedReply {
	return &eventsourcedv1.EventSourcedReply{ClientAction: &entityv1.ClientAction{
		Action: &entityv1.ClientAction_Failure{Failure: failure},
	}}
}

// Forward hands the answer over to service/method.
func Forward(service, method, text string) *eventsourcedv1.EventSourcedReply {
	return &eventsourcedv1.EventSourcedReply{ClientAction: &entityv1.ClientAction{
		Action: &entityv1.ClientAction_Forward{
			Forward: &entityv1.Forward{ServiceName: service, CommandName: method, Payload: Text(text)},
		},
	}}
}
