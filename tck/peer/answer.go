package peer

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// Answer is a message of the subject, read with the eyes of the model entity.
// Each part is in the notation of the wire, so that whatever the subject sent,
// right or wrong, can be compared with what was expected, and shown.
type Answer struct {
	// Broken is true for a stream-level failure.
	Broken bool
	// Command is the id of the command that it answers.
	Command int64
	// Action is what the caller gets: the model's message, quoted, or one of
	// [Failed], [Forwarded] and what [Payload] gives for a foreign message.
	Action string
	// Restart is true for a failure that asks for a new activation.
	Restart bool
	// Events are the values of the events, quoted.
	Events []string
	// Snapshot is the value of the snapshot, quoted; empty when there is none.
	Snapshot string
	// Effects are as [Effect] gives them.
	Effects []string
}

// unset is the notation of a message that says nothing.
const unset = "a message in which no case is set"

// Read reads a response, whatever it holds.
func Read(response *eventsourcedv1.HandleResponse) Answer {
	switch message := response.GetMessage().(type) {
	case *eventsourcedv1.HandleResponse_Reply:
		return readReply(message.Reply)
	case *eventsourcedv1.HandleResponse_Failure:
		return Answer{
			Broken:  true,
			Command: message.Failure.GetCommandId(),
			Action:  Failed(message.Failure.GetDescription()),
			Restart: message.Failure.GetRestart(),
		}
	default:
		return Answer{Action: unset}
	}
}

func readReply(reply *eventsourcedv1.EventSourcedReply) Answer {
	answer := Answer{
		Command: reply.GetCommandId(),
		Action:  readAction(reply.GetClientAction()),
		Restart: reply.GetClientAction().GetFailure().GetRestart(),
	}
	for _, event := range reply.GetEvents() {
		answer.Events = append(answer.Events, Persisted(event))
	}
	if reply.GetSnapshot() != nil {
		answer.Snapshot = Persisted(reply.GetSnapshot())
	}
	for _, effect := range reply.GetSideEffects() {
		target := target(effect.GetServiceName(), effect.GetCommandName(), effect.GetPayload())
		answer.Effects = append(answer.Effects, Effect(target, effect.GetSynchronous()))
	}
	return answer
}

func readAction(action *entityv1.ClientAction) string {
	switch action := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		return Payload(action.Reply.GetPayload(), &tckeventsourcedv1.ProcessResponse{})
	case *entityv1.ClientAction_Forward:
		forward := action.Forward
		return Forwarded(target(forward.GetServiceName(), forward.GetCommandName(), forward.GetPayload()))
	case *entityv1.ClientAction_Failure:
		return Failed(action.Failure.GetDescription())
	default:
		return "no client action"
	}
}

// Failed is the notation of a failure with the description.
func Failed(description string) string { return "failure " + Quote(description) }

// Forwarded is the notation of a forward to a target.
func Forwarded(target string) string { return "forward " + target }

// Effect is the notation of a side effect on a target.
func Effect(target string, synchronous bool) string {
	if synchronous {
		return target + " sync"
	}
	return target
}

// Target is the notation of a call of the entity with the id of
// EventSourcedTwoService, which is where the model forwards to and has effects.
func Target(id string) string {
	return target(
		tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName, "Call",
		Pack(&tckeventsourcedv1.ProcessRequest{Id: id}))
}

func target(service, command string, payload *anypb.Any) string {
	return fmt.Sprintf("%s/%s %s", named(service), named(command), Payload(payload, nil))
}

// Equal reports whether both say the same, down to the last byte.
func (a Answer) Equal(b Answer) bool {
	return a.Broken == b.Broken && a.Command == b.Command &&
		a.Action == b.Action && a.Restart == b.Restart &&
		slices.Equal(a.Events, b.Events) && a.Snapshot == b.Snapshot &&
		slices.Equal(a.Effects, b.Effects)
}

// Pack packs a message as the proxy does. It panics on a message that cannot be
// encoded, which no message of a script is.
func Pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the kit cannot be encoded: %v", err))
	}
	return packed
}
