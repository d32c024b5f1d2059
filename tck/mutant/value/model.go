// Package value is the kit's own model of a user function with value entities: a
// correct one, the same as others might have written it, and the same with one defect
// each.
package value

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	request  = valuev1.HandleRequest
	response = valuev1.HandleResponse
	reply    = valuev1.ValueEntityReply

	// machine answers one message of a stream.
	machine = defect.Machine[request, response]
)

// The services of the model, by their full names.
var (
	modelService      = tckvaluev1.ValueEntityTckModelService_ServiceDesc.ServiceName
	twoService        = tckvaluev1.ValueEntityTwoService_ServiceDesc.ServiceName
	configuredService = tckvaluev1.ValueEntityConfiguredService_ServiceDesc.ServiceName
)

// activation is one activation of an entity of the model, correct in every way. It is
// pure; [activation.step] is its machine.
type activation struct {
	service, id string  // empty before init
	value       *string // nil: the entity has none
}

// step answers one message.
func (a *activation) step(in *request) ([]*response, bool) {
	switch message := in.GetMessage().(type) {
	case *valuev1.HandleRequest_Init:
		return a.init(message.Init)
	case *valuev1.HandleRequest_Command:
		return a.command(message.Command)
	case *valuev1.HandleRequest_Cancel:
		return nil, false // its command has been answered
	default:
		if in == nil {
			return nil, true
		}
		return broken("a message in which no case is set")
	}
}

func (a *activation) init(init *valuev1.Init) ([]*response, bool) {
	switch init.GetServiceName() {
	case modelService, twoService, configuredService:
	default:
		return broken(fmt.Sprintf("no service %q", init.GetServiceName()))
	}
	if a.service != "" {
		return broken("a second init")
	}
	a.service, a.id = init.GetServiceName(), init.GetEntityId()
	if init.GetState().GetValue() == nil {
		return nil, false
	}
	var value tckvaluev1.Persisted
	if err := init.GetState().GetValue().UnmarshalTo(&value); err != nil {
		return broken("an unknown value: " + err.Error())
	}
	a.value = new(value.GetValue())
	return nil, false
}

func (a *activation) command(command *entityv1.Command) ([]*response, bool) {
	switch {
	case a.service == "":
		return broken("a command before init")
	case command.GetEntityId() != a.id:
		return broken("a command for another entity")
	}
	answer, err := a.handle(command)
	if err != nil {
		answer = &reply{ClientAction: refusal(command.GetId(), err.Error())}
	}
	answer.CommandId = command.GetId()
	return []*response{{Message: &valuev1.HandleResponse_Reply{Reply: answer}}}, false
}

// handle handles a command of whichever service the entity belongs to.
func (a *activation) handle(command *entityv1.Command) (*reply, error) {
	var process tckvaluev1.ProcessRequest
	switch a.service + "/" + command.GetName() {
	case modelService + "/Process", twoService + "/Call", configuredService + "/Call":
		if err := command.GetPayload().UnmarshalTo(&process); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("no command %q", command.GetName())
	}
	if a.service != modelService {
		return &reply{ClientAction: replyWith("")}, nil
	}
	return a.process(process.GetActions())
}

// process performs the actions; when one fails the command, nothing of it is left.
func (a *activation) process(actions []*tckvaluev1.RequestAction) (*reply, error) {
	answer, value := &reply{}, a.value
	for _, action := range actions {
		switch action := action.GetAction().(type) {
		case *tckvaluev1.RequestAction_Update:
			value = new(action.Update.GetValue())
			answer.StateAction = updateTo(*value)
		case *tckvaluev1.RequestAction_Delete:
			value = nil
			answer.StateAction = removal()
		case *tckvaluev1.RequestAction_Effect:
			answer.SideEffects = append(answer.SideEffects, sideEffect(action.Effect))
		case *tckvaluev1.RequestAction_Forward:
			answer.ClientAction = forwardTo(action.Forward.GetId())
		case *tckvaluev1.RequestAction_Fail:
			return nil, errors.New(action.Fail.GetMessage())
		}
	}
	a.value = value
	if answer.GetClientAction() == nil {
		answer.ClientAction = replyWith(a.text())
	}
	return answer, nil
}

// text is the value, or nothing where there is none.
func (a *activation) text() string {
	if a.value == nil {
		return ""
	}
	return *a.value
}

// broken says that the stream is broken, and ends it.
func broken(description string) ([]*response, bool) {
	failure := &entityv1.Failure{Description: description}
	return []*response{{Message: &valuev1.HandleResponse_Failure{Failure: failure}}}, true
}

func refusal(id int64, description string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: id, Description: description},
	}}
}

func replyWith(message string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
		Reply: &entityv1.Reply{Payload: pack(&tckvaluev1.ProcessResponse{Message: message})},
	}}
}

func forwardTo(id string) *entityv1.ClientAction {
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckvaluev1.ProcessRequest{Id: id}),
	}}}
}

func sideEffect(effect *tckvaluev1.Effect) *entityv1.SideEffect {
	return &entityv1.SideEffect{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckvaluev1.ProcessRequest{Id: effect.GetId()}),
		Synchronous: effect.GetSynchronous(),
	}
}

func updateTo(value string) *valuev1.StateAction {
	return &valuev1.StateAction{Action: &valuev1.StateAction_Update{
		Update: &valuev1.Update{Value: pack(&tckvaluev1.Persisted{Value: value})},
	}}
}

func removal() *valuev1.StateAction {
	return &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}}
}

// pack packs a message of the model, all of which can be encoded.
func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the model cannot be encoded: %v", err))
	}
	return packed
}
