// Package eventsourced is the kit's own model of an event sourced user function: a
// correct one, the same as others might have written it, and the same with one defect
// each.
package eventsourced

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
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
	// has says whether a capability is in force on the stream's connection; nil for
	// none.
	has func(discoveryv1.Capability) bool
}

// can reports whether a capability is in force.
func (a *activation) can(capability discoveryv1.Capability) bool {
	return a.has != nil && a.has(capability)
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
	case *eventsourcedv1.HandleRequest_Cancel: // too late: every command is answered at once
		return nil, false
	case *eventsourcedv1.HandleRequest_Passivate: // the half-close follows, which ends it
		return nil, false
	case *eventsourcedv1.HandleRequest_SnapshotRequest:
		a.since = 0
		return []*response{snapshotResponse(a.state)}, false
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
	if err := unpack(init.GetSnapshot().GetSnapshot(), &state); err != nil {
		return broken("an unknown snapshot: " + err.Error())
	}
	a.state, a.sequence = state.GetValue(), init.GetSnapshot().GetSnapshotSequence()
	return nil, false
}

// unpack reads the message that the payload holds, under any prefix but those of scalars
// and JSON.
func unpack(payload *anypb.Any, message proto.Message) error {
	if reserved(payload) {
		return fmt.Errorf("%s is no message", payload.GetTypeUrl())
	}
	return payload.UnmarshalTo(message)
}

// reserved reports whether the payload has the prefix of a scalar, or that of JSON.
func reserved(payload *anypb.Any) bool {
	return strings.HasPrefix(payload.GetTypeUrl(), "p.cloudstate.io/") ||
		strings.HasPrefix(payload.GetTypeUrl(), "json.cloudstate.io/")
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
	if err := unpack(event.GetPayload(), &value); err != nil {
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
		if err := unpack(command.GetPayload(), &process); err != nil {
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
		if err := next.perform(action, reply); err != nil {
			return nil, err
		}
	}
	if reply.GetClientAction() == nil {
		reply.ClientAction = replyWith(&tckeventsourcedv1.ProcessResponse{Message: next.state})
	}
	if next.since >= interval && len(reply.GetEvents()) > 0 && reply.GetDelete() == nil {
		reply.Snapshot = persisted(next.state)
		next.since = 0
	}
	if slices.IndexFunc(reply.GetEventMetadata(), func(m *entityv1.Metadata) bool { return len(m.GetEntries()) > 0 }) < 0 {
		reply.EventMetadata = nil
	}
	*a = next
	return reply, nil
}

// perform performs one action. What belongs to a capability that is not in force fails
// the command.
func (a *activation) perform(action *tckeventsourcedv1.RequestAction, reply *eventsourcedv1.EventSourcedReply) error {
	switch action := action.GetAction().(type) {
	case *tckeventsourcedv1.RequestAction_Emit:
		if action.Emit.GetMetadata() != "" && !a.can(discoveryv1.Capability_CAPABILITY_EVENT_METADATA) {
			return errors.New("no metadata of events here")
		}
		a.apply(action.Emit.GetValue())
		reply.Events = append(reply.Events, persisted(action.Emit.GetValue()))
		reply.EventMetadata = append(reply.EventMetadata, annotation(action.Emit.GetMetadata()))
	case *tckeventsourcedv1.RequestAction_Effect:
		if action.Effect.GetDurable() && !a.can(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS) {
			return errors.New("no durable effects here")
		}
		reply.SideEffects = append(reply.SideEffects, sideEffect(action.Effect))
	case *tckeventsourcedv1.RequestAction_Forward:
		reply.ClientAction = forwardTo(action.Forward.GetId())
	case *tckeventsourcedv1.RequestAction_Delete:
		retention := action.Delete.GetRetention()
		if !a.can(discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE) || retention < 0 || retention > longest {
			return errors.New("it cannot be deleted so")
		}
		reply.Delete = &eventsourcedv1.Delete{Retention: retention}
	case *tckeventsourcedv1.RequestAction_Fail:
		return errors.New(action.Fail.GetMessage())
	}
	return nil
}

// longest is how long the events of a deleted entity may be kept, in milliseconds.
const longest = 3_153_600_000_000

// annotation is the metadata of one event; without entries for no value.
func annotation(value string) *entityv1.Metadata {
	if value == "" {
		return &entityv1.Metadata{}
	}
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-tck", Value: &entityv1.MetadataEntry_StringValue{StringValue: value}},
	}}
}

func snapshotResponse(state string) *response {
	return &response{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{
		SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: persisted(state)},
	}}
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
		Durable:     effect.GetDurable(),
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
