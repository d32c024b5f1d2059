package cloudstate

import (
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// ledger is one activation of an event sourced entity. Its own steps:
//
//	emit TEXT           an event, a scalar
//	json TEXT           an event, JSON
//	raw TYPEURL TEXT    an event of whatever type
//	snapshot            a snapshot of the state after the events so far
type ledger struct {
	state  []string
	events []*anypb.Any
	shot   *anypb.Any
}

// eventSourced serves one activation.
func (f *Function) eventSourced(stream grpc.ServerStream) error {
	l := new(ledger)
	for {
		request := new(eventsourcedv1.HandleRequest)
		if err := stream.RecvMsg(request); err != nil {
			return ended(err)
		}
		switch message := request.GetMessage().(type) {
		case *eventsourcedv1.HandleRequest_Init:
			if snapshot := message.Init.GetSnapshot(); snapshot != nil {
				l.state = strings.Split(Text(snapshot.GetSnapshot().GetValue(), 1), " ")
			}
		case *eventsourcedv1.HandleRequest_Event:
			l.state = append(l.state, Text(message.Event.GetPayload().GetValue(), 1))
			if f.behaviour.Pause != nil && message.Event.GetSequence() == PauseAt {
				f.pause()
			}
		case *eventsourcedv1.HandleRequest_Command:
			if err := l.command(f, stream, message.Command); err != nil && !errors.Is(err, errHang) {
				return ended(err)
			}
		}
	}
}

// command answers one command, and applies what it emits.
func (l *ledger) command(f *Function, stream grpc.ServerStream, command *entityv1.Command) error {
	steps := stepsOf(Text(command.GetPayload().GetValue(), 2))
	l.events, l.shot = nil, nil
	before := len(l.state)
	for _, s := range steps {
		l.follow(s)
	}
	o := f.outcome(steps, command.GetId(), strings.Join(l.state, " "), command.GetMetadata())
	if o.action.GetFailure() != nil && !o.action.GetFailure().GetRestart() {
		l.state = l.state[:before] // rolls back itself
	}
	return say(stream, l, command.GetId(), o)
}

// follow does one step of an event sourced entity.
func (l *ledger) follow(s step) {
	var event *anypb.Any
	switch s.word {
	case "emit":
		event = primitive(s.rest)
	case "json":
		event = &anypb.Any{TypeUrl: "json.cloudstate.io/entry", Value: Response(s.rest)}
	case "raw":
		url, text, _ := strings.Cut(s.rest, " ")
		event = &anypb.Any{TypeUrl: url, Value: Response(text)}
	case "snapshot":
		l.shot = primitive(strings.Join(l.state, " "))
		return
	default:
		return
	}
	l.events = append(l.events, event)
	l.state = append(l.state, Text(event.GetValue(), 1))
}

func (l *ledger) reply(id int64, o outcome) proto.Message {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: id, ClientAction: o.action, SideEffects: o.effects, Events: l.events, Snapshot: l.shot,
	}}}
}

func (*ledger) failure(failure *entityv1.Failure) proto.Message {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}
}

func (*ledger) empty() proto.Message { return new(eventsourcedv1.HandleResponse) }
