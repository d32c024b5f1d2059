package eventsourced

import (
	"fmt"
	"slices"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// answer is a message of the subject, read with the eyes of the model entity.
// Each part is in the notation of the wire, so that whatever the subject sent,
// right or wrong, can be compared with what was expected, and shown.
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
	// events are the values of the events, quoted.
	events []string
	// snapshot is the value of the snapshot, quoted; empty when there is none.
	snapshot string
	// effects are as [peer.Effect] gives them, and durable ones marked.
	effects []string
	// metadata is that of the events, in their order; nil when none has any.
	metadata []string
	// deleted says how long the events are kept of an entity that the answer deletes;
	// empty when it deletes none.
	deleted string
}

// readAnswer reads a response, whatever it holds.
func readAnswer(response *eventsourcedv1.HandleResponse) answer {
	switch message := response.GetMessage().(type) {
	case *eventsourcedv1.HandleResponse_Reply:
		return readReply(message.Reply)
	case *eventsourcedv1.HandleResponse_Failure:
		return answer{
			broken:  true,
			command: message.Failure.GetCommandId(),
			action:  peer.Failed(message.Failure.GetDescription()),
			restart: message.Failure.GetRestart(),
		}
	case *eventsourcedv1.HandleResponse_SnapshotResponse:
		return answer{action: asked(persistedNotation(message.SnapshotResponse.GetSnapshot()))}
	default:
		return answer{action: peer.Unset}
	}
}

// asked is the notation of a response to a snapshot request.
func asked(state string) string { return "snapshot response " + state }

func readReply(reply *eventsourcedv1.EventSourcedReply) answer {
	answer := answer{
		command: reply.GetCommandId(),
		action:  readAction(reply.GetClientAction()),
		restart: reply.GetClientAction().GetFailure().GetRestart(),
	}
	for _, event := range reply.GetEvents() {
		answer.events = append(answer.events, persistedNotation(event))
	}
	if reply.GetSnapshot() != nil {
		answer.snapshot = persistedNotation(reply.GetSnapshot())
	}
	for _, effect := range reply.GetSideEffects() {
		on := peer.Target(effect.GetServiceName(), effect.GetCommandName(), effect.GetPayload())
		answer.effects = append(answer.effects, peer.Durably(peer.Effect(on, effect.GetSynchronous()), effect.GetDurable()))
	}
	answer.metadata = readMetadata(reply.GetEventMetadata())
	if reply.GetDelete() != nil {
		answer.deleted = retained(reply.GetDelete().GetRetention())
	}
	return answer
}

// retained is the notation of a deletion.
func retained(millis int64) string { return fmt.Sprintf("delete{retention %d ms}", millis) }

// readMetadata gives the metadata of events. That none has any may be said by no entry
// or by empty ones (ES-EVENT-003).
func readMetadata(all []*entityv1.Metadata) []string {
	given := make([]string, len(all))
	none := true
	for i, metadata := range all {
		parts := make([]string, len(metadata.GetEntries()))
		for j, entry := range metadata.GetEntries() {
			parts[j] = entry.GetKey() + " " + peer.Quote(entry.GetStringValue())
		}
		given[i] = "{" + strings.Join(parts, ", ") + "}"
		none = none && len(parts) == 0
	}
	if none {
		return nil
	}
	return given
}

func readAction(action *entityv1.ClientAction) string {
	switch action := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		return peer.Payload(action.Reply.GetPayload(), &tckeventsourcedv1.ProcessResponse{})
	case *entityv1.ClientAction_Forward:
		forward := action.Forward
		return peer.Forwarded(peer.Target(forward.GetServiceName(), forward.GetCommandName(), forward.GetPayload()))
	case *entityv1.ClientAction_Failure:
		return peer.Failed(action.Failure.GetDescription())
	default:
		return "no client action"
	}
}

// String is the notation of the answer, such as `reply 1 "A" events ["A"]`.
func (a answer) String() string {
	var b strings.Builder
	switch {
	case a.action == peer.Unset, strings.HasPrefix(a.action, asked("")):
		return a.action
	case a.broken:
		fmt.Fprintf(&b, "stream-level failure, command %d, %s", a.command, strings.TrimPrefix(a.action, "failure "))
	default:
		fmt.Fprintf(&b, "reply %d %s", a.command, a.action)
	}
	if a.restart {
		b.WriteString(" restart")
	}
	if len(a.events) > 0 {
		fmt.Fprintf(&b, " events %s", peer.List(a.events))
	}
	if a.snapshot != "" {
		fmt.Fprintf(&b, " snapshot %s", a.snapshot)
	}
	if len(a.effects) > 0 {
		fmt.Fprintf(&b, " effects %s", peer.List(a.effects))
	}
	if len(a.metadata) > 0 {
		fmt.Fprintf(&b, " metadata %s", peer.List(a.metadata))
	}
	if a.deleted != "" {
		fmt.Fprintf(&b, " %s", a.deleted)
	}
	return b.String()
}

// modelTarget is the notation of a call of the entity with the id of
// EventSourcedTwoService, which is where the model forwards to and has effects.
func modelTarget(id string) string {
	return peer.Target(twoService, "Call", peer.Pack(&tckeventsourcedv1.ProcessRequest{Id: id}))
}

// equal reports whether both say the same, down to the last byte.
func (a answer) equal(b answer) bool {
	return a.broken == b.broken && a.command == b.command &&
		a.action == b.action && a.restart == b.restart &&
		slices.Equal(a.events, b.events) && a.snapshot == b.snapshot &&
		slices.Equal(a.effects, b.effects) &&
		slices.Equal(a.metadata, b.metadata) && a.deleted == b.deleted
}
