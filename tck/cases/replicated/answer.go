package replicated

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// form says which message of the function an answer is.
type form string

const (
	reply     form = "reply"
	message   form = "streamed message"
	cancelled form = "stream_cancelled_response"
	broken    form = "stream-level failure, command"
	unset     form = peer.Unset
)

// answer is a message of the subject, read with the eyes of the model entity. Each part
// is in the notation of the wire, so that whatever the subject sent, right or wrong,
// can be compared with what was expected, and shown.
type answer struct {
	form form
	// command is the id of the command that it answers, or speaks of.
	command int64
	// action is what the caller gets: the value, or one of [peer.Failed],
	// [peer.Forwarded] and what [peer.Payload] gives for a foreign message; empty
	// without client action.
	action string
	// restart is true for a failure that asks for a new activation.
	restart bool
	// change is the state action: "delete", or the update; empty when there is none.
	change string
	// effects are as [peer.Effect] gives them.
	effects []string
	// streamed and end are the flags of a reply and of a streamed message.
	streamed, end bool
}

// readAnswer reads a response, whatever it holds.
func readAnswer(out *response) answer {
	switch out := out.GetMessage().(type) {
	case *replicatedv1.HandleResponse_Reply:
		read := said(out.Reply.GetClientAction(), out.Reply.GetSideEffects())
		read.form, read.command, read.streamed = reply, out.Reply.GetCommandId(), out.Reply.GetStreamed()
		read.change = stateActionNotation(out.Reply.GetStateAction())
		return read
	case *replicatedv1.HandleResponse_StreamedMessage:
		read := said(out.StreamedMessage.GetClientAction(), out.StreamedMessage.GetSideEffects())
		read.form, read.command, read.end = message, out.StreamedMessage.GetCommandId(), out.StreamedMessage.GetEndStream()
		return read
	case *replicatedv1.HandleResponse_StreamCancelledResponse:
		read := said(nil, out.StreamCancelledResponse.GetSideEffects())
		read.form, read.command = cancelled, out.StreamCancelledResponse.GetCommandId()
		read.change = stateActionNotation(out.StreamCancelledResponse.GetStateAction())
		return read
	case *replicatedv1.HandleResponse_Failure:
		return answer{
			form:    broken,
			command: out.Failure.GetCommandId(),
			action:  peer.Failed(out.Failure.GetDescription()),
			restart: out.Failure.GetRestart(),
		}
	default:
		return answer{form: unset}
	}
}

// said reads what the messages have in common.
func said(action *entityv1.ClientAction, effects []*entityv1.SideEffect) answer {
	a := answer{action: actionTaken(action), restart: action.GetFailure().GetRestart()}
	for _, effect := range effects {
		on := peer.Target(effect.GetServiceName(), effect.GetCommandName(), effect.GetPayload())
		a.effects = append(a.effects, peer.Durably(peer.Effect(on, effect.GetSynchronous()), effect.GetDurable()))
	}
	return a
}

func actionTaken(action *entityv1.ClientAction) string {
	switch taken := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		return payloadNotation(taken.Reply.GetPayload())
	case *entityv1.ClientAction_Forward:
		forward := taken.Forward
		return peer.Forwarded(peer.Target(forward.GetServiceName(), forward.GetCommandName(), forward.GetPayload()))
	case *entityv1.ClientAction_Failure:
		return peer.Failed(taken.Failure.GetDescription())
	}
	if action != nil {
		return "an empty client action"
	}
	return ""
}

// payloadNotation is the notation of a response: that of Process is its value alone.
func payloadNotation(payload *anypb.Any) string {
	var once tckreplicatedv1.ProcessResponse
	var streamed tckreplicatedv1.ProcessStreamedResponse
	switch {
	case !strings.Contains(payload.GetTypeUrl(), "/"):
		return peer.Payload(payload, nil)
	case payload.UnmarshalTo(&once) == nil:
		return stateNotation(once.GetState())
	case payload.UnmarshalTo(&streamed) == nil:
		return watched(stateNotation(streamed.GetState()))
	default:
		return peer.Payload(payload, nil)
	}
}

// watched is the notation of a response of ProcessStreamed with the value.
func watched(value string) string { return "streamed " + value }

func stateActionNotation(action *replicatedv1.StateAction) string {
	consistency := consistencyNotation(action.GetWriteConsistency())
	switch change := action.GetAction().(type) {
	case *replicatedv1.StateAction_Update:
		return "update " + deltaNotation(change.Update) + consistency
	case *replicatedv1.StateAction_Delete:
		return "delete" + consistency
	}
	if action != nil {
		return "an empty state action" + consistency
	}
	return ""
}

// String is the notation of the answer, such as `reply 1 gcounter 5, update gcounter +5`.
func (a answer) String() string {
	if a.form == unset {
		return peer.Unset
	}
	parts := []string{fmt.Sprintf("%s %d", a.form, a.command)}
	switch {
	case a.action != "":
		parts[0] += " " + a.action
	case a.form != cancelled:
		parts[0] += " without client action"
	}
	if a.restart {
		parts = append(parts, "restart")
	}
	if a.change != "" {
		parts = append(parts, a.change)
	}
	if len(a.effects) > 0 {
		parts = append(parts, "effects "+peer.List(a.effects))
	}
	if a.streamed {
		parts = append(parts, "more to come")
	}
	if a.end {
		parts = append(parts, "end_stream")
	}
	return strings.Join(parts, ", ")
}

// equal reports whether both say the same, down to the last byte.
func (a answer) equal(b answer) bool {
	return a.form == b.form && a.command == b.command && a.action == b.action && a.restart == b.restart &&
		a.change == b.change && slices.Equal(a.effects, b.effects) && a.streamed == b.streamed && a.end == b.end
}

// modelTarget is the notation of a call of the entity with the id of
// ReplicatedTwoService, which is where the model forwards to and has effects.
func modelTarget(id string) string {
	return peer.Target(twoService, "Call", peer.Pack(&tckreplicatedv1.ProcessRequest{Id: id}))
}

// asynchronous and synchronous are the notations of the model's side effects.
func asynchronous(id string) string { return peer.Effect(modelTarget(id), false) }
func synchronous(id string) string  { return peer.Effect(modelTarget(id), true) }
