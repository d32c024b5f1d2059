package action

import (
	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// The services of the model, by their full names.
var (
	modelService = tckactionv1.ActionTckModelService_ServiceDesc.ServiceName
	twoService   = tckactionv1.ActionTwoService_ServiceDesc.ServiceName
)

type (
	line  = script.Line
	scene = script.Scene
	wire  = script.Wire[actionv1.ActionCommand, actionv1.ActionResponse]

	// tckGroup is what one response is made of.
	tckGroup = tckactionv1.ProcessGroup
)

// call is a part in a script: one call of the model, in one of the four shapes. Its
// methods are the lines of the script.
type call struct {
	part script.Part
	wire wire
	// method is that of the model which has the shape.
	method string
	// streamsIn is true where the method takes a stream: its first command is no request.
	streamsIn bool
	// streamsOut is true where it gives one.
	streamsOut bool
}

// The calls of scripts that need one of each shape.
var (
	unary       = call{wire: through(actionv1.ActionService_HandleUnary_FullMethodName), method: "ProcessUnary"}
	streamedIn  = call{wire: through(actionv1.ActionService_HandleStreamedIn_FullMethodName), method: "ProcessStreamedIn", streamsIn: true}
	streamedOut = call{wire: through(actionv1.ActionService_HandleStreamedOut_FullMethodName), method: "ProcessStreamedOut", streamsOut: true}
	streamed    = call{
		wire: through(actionv1.ActionService_HandleStreamed_FullMethodName), method: "ProcessStreamed",
		streamsIn: true, streamsOut: true,
	}
)

// all returns a call of each shape, with the name of the shape.
func all() map[string]call {
	return map[string]call{
		"unary": unary, "streamed-in": streamedIn, "streamed-out": streamedOut, "streamed": streamed,
	}
}

// order is that of the shapes, by name.
var order = []string{"unary", "streamed-in", "streamed-out", "streamed"}

// through is how calls by a method of the protocol are made.
func through(method string) wire {
	return wire{Service: peer.Service[actionv1.ActionCommand, actionv1.ActionResponse]{
		Method:   method,
		Sent:     commandNotation,
		Received: func(response *actionv1.ActionResponse) string { return readAnswer(response).String() },
	}}
}

// named returns the call under a name, for scripts that have several.
func (c call) named(name string) call {
	c.part.Name = name
	return c
}
