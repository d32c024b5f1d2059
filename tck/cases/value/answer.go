package value

import (
	"fmt"
	"slices"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// answer is a message of the subject, read with the eyes of the model entity. Each
// part is in the notation of the wire, so that whatever the subject sent, right or
// wrong, can be compared with what was expected, and shown.
type answer struct {
	// broken is true for a stream-level failure.
	broken bool
	// command is the id of the command that it answers.
	command int64
	// action is what the caller gets: the model's message, quoted, or one of
	// [peer.Failed], [peer.Forwarded] and what [peer.Payload] gives for a foreign message.
	action string
	// restart is true for a failure that asks for a new activation.
	restart bool
	// state is the state action; empty when there is none.
	state string
	// effects are as [peer.Effect] gives them.
	effects []string
}

// readAnswer reads a response, whatever it holds.
func readAnswer(response *valuev1.HandleResponse) answer {
	switch message := response.GetMessage().(type) {
	case *valuev1.HandleResponse_Reply:
		return readReply(message.Reply)
	case *valuev1.HandleResponse_Failure:
		return answer{
			broken:  true,
			command: message.Failure.GetCommandId(),
			action:  peer.Failed(message.Failure.GetDescription()),
			restart: message.Failure.GetRestart(),
		}
	default:
		return answer{action: peer.Unset}
	}
}

func readReply(reply *valuev1.ValueEntityReply) answer {
	answer := answer{
		command: reply.GetCommandId(),
		action:  readAction(reply.GetClientAction()),
		restart: reply.GetClientAction().GetFailure().GetRestart(),
	}
	if reply.GetStateAction() != nil {
		answer.state = stateNotation(reply.GetStateAction())
	}
	for _, effect := range reply.GetSideEffects() {
		on := peer.Target(effect.GetServiceName(), effect.GetCommandName(), effect.GetPayload())
		answer.effects = append(answer.effects, peer.Effect(on, effect.GetSynchronous()))
	}
	return answer
}

func readAction(action *entityv1.ClientAction) string {
	switch action := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		return peer.Payload(action.Reply.GetPayload(), &tckvaluev1.ProcessResponse{})
	case *entityv1.ClientAction_Forward:
		forward := action.Forward
		return peer.Forwarded(peer.Target(forward.GetServiceName(), forward.GetCommandName(), forward.GetPayload()))
	case *entityv1.ClientAction_Failure:
		return peer.Failed(action.Failure.GetDescription())
	default:
		return "no client action"
	}
}

// String is the notation of the answer, such as `reply 1 "A" update "A"`.
func (a answer) String() string {
	var b strings.Builder
	switch {
	case a.action == peer.Unset:
		return peer.Unset
	case a.broken:
		fmt.Fprintf(&b, "stream-level failure, command %d, %s", a.command, strings.TrimPrefix(a.action, "failure "))
	default:
		fmt.Fprintf(&b, "reply %d %s", a.command, a.action)
	}
	if a.restart {
		b.WriteString(" restart")
	}
	if a.state != "" {
		b.WriteString(" " + a.state)
	}
	if len(a.effects) > 0 {
		fmt.Fprintf(&b, " effects %s", peer.List(a.effects))
	}
	return b.String()
}

// equal reports whether both say the same, down to the last byte.
func (a answer) equal(b answer) bool {
	return a.broken == b.broken && a.command == b.command &&
		a.action == b.action && a.restart == b.restart &&
		a.state == b.state && slices.Equal(a.effects, b.effects)
}

// modelTarget is the notation of a call of the entity with the id of
// ValueEntityTwoService, which is where the model forwards to and has effects.
func modelTarget(id string) string {
	return peer.Target(twoService, "Call", peer.Pack(&tckvaluev1.ProcessRequest{Id: id}))
}

// asynchronous and synchronous are the notations of the model's side effects.
func asynchronous(id string) string { return peer.Effect(modelTarget(id), false) }
func synchronous(id string) string  { return peer.Effect(modelTarget(id), true) }
