package action

import (
	"fmt"
	"slices"
	"strings"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/peer"
)

// commandNotation is the notation of a command, such as `call ProcessUnary {[reply "A"]}`
// of one that makes a call, and `request {[reply "A"]}` of a later one.
func commandNotation(command *actionv1.ActionCommand) string {
	what := "request"
	switch {
	case command.GetServiceName() == modelService:
		what = "call " + peer.Named(command.GetName())
	case command.GetServiceName() != "" || command.GetName() != "":
		what = fmt.Sprintf("call %s/%s", peer.Named(command.GetServiceName()), peer.Named(command.GetName()))
	}
	if command.GetPayload() != nil || what == "request" {
		what += " " + payloadNotation(command)
	}
	if len(command.GetMetadata().GetEntries()) > 0 {
		what += " with metadata"
	}
	if len(command.ProtoReflect().GetUnknown()) > 0 {
		what += " with unknown fields"
	}
	return what
}

func payloadNotation(command *actionv1.ActionCommand) string {
	var process tckactionv1.ProcessRequest
	if command.GetPayload().UnmarshalTo(&process) != nil {
		return "with " + peer.Payload(command.GetPayload(), nil)
	}
	groups := make([]string, len(process.GetGroups()))
	for i, group := range process.GetGroups() {
		steps := make([]string, len(group.GetSteps()))
		for j, step := range group.GetSteps() {
			steps[j] = stepNotation(step)
		}
		groups[i] = peer.List(steps)
	}
	return "{" + strings.Join(shortened(groups), ", ") + "}"
}

// shortened returns the beginning of a long list, and how many there are.
func shortened(parts []string) []string {
	const most = 8
	if len(parts) <= most {
		return parts
	}
	return append(slices.Clone(parts[:2]), fmt.Sprintf("… (%d groups)", len(parts)))
}

func stepNotation(step *tckactionv1.ProcessStep) string {
	switch step := step.GetStep().(type) {
	case *tckactionv1.ProcessStep_Reply:
		return "reply " + peer.Quote(step.Reply.GetMessage())
	case *tckactionv1.ProcessStep_Forward:
		return "forward " + peer.Quote(step.Forward.GetId())
	case *tckactionv1.ProcessStep_Fail:
		return "fail " + peer.Quote(step.Fail.GetMessage())
	case *tckactionv1.ProcessStep_Effect:
		return peer.Effect("effect "+peer.Quote(step.Effect.GetId()), step.Effect.GetSynchronous())
	default:
		return "nothing"
	}
}

// answer is a response of the subject, read with the eyes of the model. Each part is in
// the notation of the wire.
type answer struct {
	// action is what the caller gets.
	action string
	// effects are as [peer.Effect] gives them.
	effects []string
}

// nothing is the action of a response in which no case is set.
const nothing = "no case"

// readAnswer reads a response, whatever it holds.
func readAnswer(response *actionv1.ActionResponse) answer {
	read := answer{action: nothing}
	switch action := response.GetResponse().(type) {
	case *actionv1.ActionResponse_Reply:
		read.action = replied(peer.Payload(action.Reply.GetPayload(), &tckactionv1.ProcessResponse{}))
	case *actionv1.ActionResponse_Forward:
		target := peer.Target(action.Forward.GetServiceName(), action.Forward.GetCommandName(), action.Forward.GetPayload())
		read.action = peer.Forwarded(target)
	case *actionv1.ActionResponse_Failure:
		read.action = peer.Failed(action.Failure.GetDescription())
	}
	for _, effect := range response.GetSideEffects() {
		on := peer.Target(effect.GetServiceName(), effect.GetCommandName(), effect.GetPayload())
		read.effects = append(read.effects, peer.Effect(on, effect.GetSynchronous()))
	}
	return read
}

// replied is the notation of a reply with a payload, which is in that of the wire.
func replied(payload string) string { return "reply " + payload }

// failure reports whether the response refuses the call.
func (a answer) failure() bool { return strings.HasPrefix(a.action, "failure ") }

// String is the notation of the answer, such as `reply "A" effects […]`.
func (a answer) String() string {
	if len(a.effects) == 0 {
		return a.action
	}
	return a.action + " effects " + peer.List(a.effects)
}

// equal reports whether both say the same, down to the last byte.
func (a answer) equal(b answer) bool {
	return a.action == b.action && slices.Equal(a.effects, b.effects)
}

// modelTarget is the notation of a call of ActionTwoService with the id, which is where
// the model forwards to and has effects.
func modelTarget(id string) string {
	return peer.Target(twoService, "Call", peer.Pack(&tckactionv1.ActionTwoServiceCallRequest{Id: id}))
}

// asynchronous and synchronous are the notations of the model's side effects.
func asynchronous(id string) string { return peer.Effect(modelTarget(id), false) }
func synchronous(id string) string  { return peer.Effect(modelTarget(id), true) }
