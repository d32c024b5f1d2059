// Package action is the kit's own model of a user function with actions: a correct one,
// the same as others might have written it, and the same with one defect each.
package action

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	command  = actionv1.ActionCommand
	response = actionv1.ActionResponse
	step     = tckactionv1.ProcessStep

	// machine answers one command of a call.
	machine = defect.Machine[command, response]
)

// The services of the model, by their full names.
var (
	modelService = tckactionv1.ActionTckModelService_ServiceDesc.ServiceName
	twoService   = tckactionv1.ActionTwoService_ServiceDesc.ServiceName
)

// shape is what a call takes and gives.
type shape struct {
	// name is that of the shape's call in ActionService, without "Handle".
	name string
	// streamsIn and streamsOut say what comes as a stream.
	streamsIn, streamsOut bool
}

// shapes are the four of them.
func shapes() []shape {
	return []shape{{"Unary", false, false}, {"StreamedIn", true, false}, {"StreamedOut", false, true}, {"Streamed", true, true}}
}

// call is one call of the model, correct in every way. It is pure; [call.step] is its
// machine.
type call struct {
	shape shape
	// method is the full name of what is called; empty before the first command.
	method string
	// steps are those of the requests so far, in a call that gives one response.
	steps []*step
}

// step answers one command, or the half-close.
func (c *call) step(in *command) ([]*response, bool) {
	switch {
	case in == nil && c.method == "":
		return refused("a call without a command")
	case in == nil && c.shape.streamsOut:
		return nil, true
	case in == nil:
		return []*response{c.answer(c.steps)}, true
	case c.method == "":
		return c.open(in)
	default:
		return c.request(in)
	}
}

// open answers the first command, which is a request where only one comes.
func (c *call) open(in *command) ([]*response, bool) {
	c.method = in.GetServiceName() + "/" + in.GetName()
	switch {
	case c.method == modelService+"/Process"+c.shape.name:
	case c.method == twoService+"/Call" && c.shape.name == "Unary":
	default:
		return refused("no method " + c.method)
	}
	if c.shape.streamsIn {
		return nil, false
	}
	return c.request(in)
}

// request answers a request, or keeps it until the half-close.
func (c *call) request(in *command) ([]*response, bool) {
	groups, err := c.read(in.GetPayload())
	if err != nil {
		return refused("a request that cannot be read: " + err.Error())
	}
	var out []*response
	for _, group := range groups {
		if c.shape.streamsOut {
			out = append(out, c.answer(group.GetSteps()))
		} else {
			c.steps = append(c.steps, group.GetSteps()...)
		}
	}
	return out, false
}

// read reads a request of the method. That of the target asks for an empty reply.
func (c *call) read(payload *anypb.Any) ([]*tckactionv1.ProcessGroup, error) {
	if c.method == twoService+"/Call" {
		empty := &step{Step: &tckactionv1.ProcessStep_Reply{Reply: &tckactionv1.Reply{}}}
		return []*tckactionv1.ProcessGroup{{Steps: []*step{empty}}}, payload.UnmarshalTo(&tckactionv1.ActionTwoServiceCallRequest{})
	}
	var process tckactionv1.ProcessRequest
	err := payload.UnmarshalTo(&process)
	return process.GetGroups(), err
}

// answer builds one response.
func (c *call) answer(steps []*step) *response {
	answer := &response{}
	for _, one := range steps {
		switch one := one.GetStep().(type) {
		case *tckactionv1.ProcessStep_Reply:
			answer.Response = replyWith(one.Reply.GetMessage())
		case *tckactionv1.ProcessStep_Forward:
			answer.Response = forwardTo(one.Forward.GetId())
		case *tckactionv1.ProcessStep_Fail:
			answer.Response = failure(one.Fail.GetMessage())
		case *tckactionv1.ProcessStep_Effect:
			answer.SideEffects = append(answer.SideEffects, sideEffect(one.Effect))
		}
	}
	return answer
}

// refused refuses the call, and ends it.
func refused(description string) ([]*response, bool) {
	return []*response{{Response: failure(description)}}, true
}

func failure(description string) *actionv1.ActionResponse_Failure {
	return &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{Description: description}}
}

func replyWith(message string) *actionv1.ActionResponse_Reply {
	return &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{
		Payload: pack(&tckactionv1.ProcessResponse{Message: message}),
	}}
}

func forwardTo(id string) *actionv1.ActionResponse_Forward {
	return &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckactionv1.ActionTwoServiceCallRequest{Id: id}),
	}}
}

func sideEffect(effect *tckactionv1.Effect) *entityv1.SideEffect {
	return &entityv1.SideEffect{
		ServiceName: twoService,
		CommandName: "Call",
		Payload:     pack(&tckactionv1.ActionTwoServiceCallRequest{Id: effect.GetId()}),
		Synchronous: effect.GetSynchronous(),
	}
}

// pack packs a message of the model, all of which can be encoded.
func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the model cannot be encoded: %v", err))
	}
	return packed
}
