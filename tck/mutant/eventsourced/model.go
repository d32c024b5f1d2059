// Package eventsourced is the kit's own model of an event sourced user function: a
// correct one, the same as others might have written it, and the same with one defect
// each.
package eventsourced

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	request  = eventsourcedv1.HandleRequest
	response = eventsourcedv1.HandleResponse
)

// The services of the model, by their full names.
var (
	modelService      = tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc.ServiceName
	twoService        = tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName
	configuredService = tckeventsourcedv1.EventSourcedConfiguredService_ServiceDesc.ServiceName
)

// interval is how many events a snapshot covers.
const interval = 5

// machine answers one message of a stream.
type machine = defect.Machine[request, response]

// activation is one activation of an entity of the model, correct in every way.
// It is pure; [activation.step] is its machine.
type activation struct {
	service, id string // empty before init
	state       string
	sequence    int64 // of the last event that was applied
	since       int   // events after the last snapshot
	commanded   bool  // a command has come: replay is over
}

// step answers one message.
func (a *activation) step(in *request) ([]*response, bool) {
	switch message := in.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		return a.init(message.Init)
	case *eventsourcedv1.HandleRequest_Event:
		return a.replay(message.Event)
	case *eventsourcedv1.HandleRequest_Command:
		return a.command(message.Command)
	default:
		if in == nil {
			return nil, true
		}
		return broken("a message in which no case is set")
	}
}

func (a *activation) init(init *eventsourcedv1.Init) ([]*response, bool) {
	switch init.GetServiceName() {
	case modelService, twoService, configuredService:
	default:
		return broken(fmt.Sprintf("no service %q", init.GetServiceName()))
	}
	if a.service != "" {
		return broken("a second init")
	}
	a.service, a.id = init.GetServiceName(), init.GetEntityId()
	if init.GetSnapshot() == nil {
		return nil, false
	}
	var state tckeventsourcedv1.Persisted
	if err := init.GetSnapshot().GetSnapshot().UnmarshalTo(&state); err != nil {
		return broken("an unknown snapshot: " + err.Error())
	}
	a.state, a.sequence = state.GetValue(), init.GetSnapshot().GetSnapshotSequence()
	return nil, false
}

func (a *activation) replay(event *eventsourcedv1.Event) ([]*response, bool) {
	var value tckeventsourcedv1.Persisted
	switch {
	case a.service == "":
		return broken("an event before init")
	case a.commanded:
		return broken("an event after a command")
	case event.GetSequence() != a.sequence+1:
		return broken(fmt.Sprintf("event %d after %d", event.GetSequence(), a.sequence))
	}
	if err := event.GetPayload().UnmarshalTo(&value); err != nil {
		return broken("an unknown event: " + err.Error())
	}
	a.apply(value.GetValue())
	return nil, false
}

func (a *activation) apply(value string) {
	a.state += value
	a.sequence++
	a.since++
}

func (a *activation) command(command *entityv1.Command) ([]*response, bool) {
	switch {
	case a.service == "":
		return broken("a command before init")
	case command.GetEntityId() != a.id:
		return broken("a command for another entity")
	}
	a.commanded = true
	reply, err := a.handle(command)
	if err != nil {
		reply = &eventsourcedv1.EventSourcedReply{ClientAction: refusal(command.GetId(), err.Error())}
	}
	reply.CommandId = command.GetId()
	return []*response{{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}}, false
}

// handle handles a command of whichever service the entity belongs to.
func (a *activation) handle(command *entityv1.Command) (*eventsourcedv1.EventSourcedReply, error) {
	switch a.service + "/" + command.GetName() {
	case modelService + "/Process":
		var process tckeventsourcedv1.ProcessRequest
		if err := command.GetPayload().UnmarshalTo(&process); err != nil {
			return nil, err
		}
		return a.process(process.GetActions())
	case twoService + "/Call", configuredService + "/Call":
		return respond(command)
	default:
		return nil, fmt.Errorf("no command %q", command.GetName())
	}
}

// respond answers a command of one of the other two services: it does nothing.
func respond(command *entityv1.Command) (*eventsourcedv1.EventSourcedReply, error) {
	if err := command.GetPayload().UnmarshalTo(&tckeventsourcedv1.ProcessRequest{}); err != nil {
		return nil, err
	}
	return &eventsourcedv1.EventSourcedReply{ClientAction: replyWith(&tckeventsourcedv1.ProcessResponse{})}, nil
}

// process performs the actions; when one fails the command, nothing of it is
// left.
func (a *activation) process(actions []*tckeventsourcedv1.RequestAction) (*eventsourcedv1.EventSourcedReply, error) {
	reply := &eventsourcedv1.EventSourcedReply{}
	next := *a
	for _, action := range actions {
		switch action := action.GetAction().(type) {
		case *tckeventsourcedv1.RequestAction_Emit:
			next.apply(action.Emit.GetValue())
			reply.Events = append(reply.Events, persisted(action.Emit.GetValue()))
		case *tckeventsourcedv1.RequestAction_Effect:
			reply.SideEffects = append(reply.SideEffects, sideEffect(action.Effect))
		case *tckeventsourcedv1.RequestAction_Forward:
			reply.ClientAction = forwardTo(action.Forward.GetId())
		case *tckeventsourcedv1.RequestAction_Fail:
			return nil, fmt.Errorf("%s", action.Fail.GetMessage())
		}
	}
	if reply.GetClientAction() == nil {
		reply.ClientAction = replyWith(&tckeventsourcedv1.ProcessResponse{Message: next.state})
	}
	if next.since >= interval && len(reply.GetEvents()) > 0 {
		reply.Snapshot = persisted(next.state)
		next.since = 0
	}
	*a = next
	return reply, nil
}

// broken says that the stream is broken, and ends it.
func broken(description string) ([]*response, bool) {
	failure := &entityv1.Failure{Description: description}
	return []*response{{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}}, true
}

func refusal(id int64, description string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: id, Description: description},
	}}
}

func replyWith(message proto.Message) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
		Reply: &entityv1.Reply{Payload: pack(message)},
	}}
}

func forwardTo(id string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckeventsourcedv1.ProcessRequest{Id: id}),
	}}}
}

func sideEffect(effect *tckeventsourcedv1.Effect) *entityv1.SideEffect {
	return &entityv1.SideEffect{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckeventsourcedv1.ProcessRequest{Id: effect.GetId()}),
		Synchronous: effect.GetSynchronous(),
	}
}

func persisted(value string) *anypb.Any {
	return pack(&tckeventsourcedv1.Persisted{Value: value})
}

// pack packs a message of the model, all of which can be encoded.
func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the model cannot be encoded: %v", err))
	}
	return packed
}
