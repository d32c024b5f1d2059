// Package eventsourced is the machine for event sourced entities: what to send,
// to store and to answer, one input at a time. The sentences that it keeps stand
// in protocol/spec/event-sourced.md and entities.md.
package eventsourced

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn"
	"github.com/stateward/stateward/proxy/internal/header"
)

// Machine is one activation of one event sourced entity.
type Machine struct {
	turns  turn.Turns
	config Config
	// replayed is the sequence of the last event that the function was sent from the
	// journal, or that its snapshot covers.
	replayed int64
	// name is what the ids of the entity's events begin with; "" before it is wanted.
	name string
	// trace is the pair that the function was sent with the newest command.
	trace []*entityv1.MetadataEntry
	// covered is the last sequence of the newest snapshot, stored or on its way.
	covered int64
	// mute says that the function is asked for no further snapshot on this stream.
	mute bool
}

var _ entity.Machine = (*Machine)(nil)

// New returns the machine for one activation of the entity.
func New(id entity.ID, terms entity.Terms, config Config) *Machine {
	rules := turn.Rules{Ahead: config.Ahead, Early: "ES-REPLAY-004"}
	return &Machine{turns: turn.New(id, terms, rules), config: config.withDefaults()}
}

// Ready reports whether the machine takes Arrived now. The answer before may still
// be on its way into the store (ES-CMD-003).
func (m *Machine) Ready() bool { return m.turns.Ready() }

// Idle reports whether the machine takes Passivate now: only once what every reply
// has changed is durable (ES-CMD-004).
func (m *Machine) Idle() bool { return m.turns.Idle() }

// Step takes one input and appends its effects to out. It panics when the
// runtime breaks the contract of an input; nothing that the function sends or
// the store answers makes it panic.
func (m *Machine) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	if m.turns.Over(in) {
		return out
	}
	switch in := in.(type) {
	case entity.Opened:
		return m.open(in, out)
	case entity.Replayed:
		return m.replay(in, out)
	case entity.Recovered:
		return m.recover(in, out)
	case entity.Arrived: // ES-CMD-001
		m.trace = header.Trace(in.Command.Metadata)
		return append(out, send(&eventsourcedv1.HandleRequest{
			Message: &eventsourcedv1.HandleRequest_Command{Command: m.turns.Ask(in)},
		}))
	case entity.Received:
		return m.receive(in, out)
	case entity.Persisted:
		return m.turns.Persisted(in, out)
	case entity.Gone:
		if cancel := m.turns.Gone(in); cancel != nil {
			out = append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: cancel}}))
		}
		return out
	case entity.Elapsed:
		return m.overdue(in, out)
	case entity.Ended:
		return m.turns.Ended(in.Err, out)
	case entity.TimedOut:
		return m.turns.TimedOut(out)
	case entity.Passivate:
		if notice := m.turns.Passivate(in); notice != nil {
			out = append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Passivate{Passivate: notice}}))
		}
		return m.turns.Close(entity.Close{Reason: entity.PassivationName(in.Reason)}, out)
	default:
		panic(fmt.Sprintf("eventsourced: no machine takes a %T", in))
	}
}

func send(message *eventsourcedv1.HandleRequest) entity.Effect { return entity.Send{Message: message} }

// receive takes whatever the function says. One answer to what is unanswered is
// right; all else resets the activation (CORE-STREAM-006).
func (m *Machine) receive(in entity.Received, out []entity.Effect) []entity.Effect {
	response, _ := in.Message.(*eventsourcedv1.HandleResponse)
	switch said := response.GetMessage().(type) {
	case *eventsourcedv1.HandleResponse_Reply:
		if m.turns.Answers(said.Reply.GetCommandId()) {
			return m.answer(said.Reply, in.At, out)
		}
		return m.turns.Misplaced(said.Reply.GetCommandId(), out)
	case *eventsourcedv1.HandleResponse_Failure:
		return m.turns.Failed(said.Failure, out)
	case *eventsourcedv1.HandleResponse_SnapshotResponse:
		return m.take(said.SnapshotResponse, out)
	default:
		return m.turns.Empty(out)
	}
}

// has reports whether the capability is in force.
func (m *Machine) has(capability discoveryv1.Capability) bool {
	return m.turns.Terms().Capabilities.Has(capability)
}

// fits reports whether the function takes the message.
func (m *Machine) fits(message proto.Message) (size int, ok bool) {
	size = proto.Size(message)
	return size, size <= m.turns.Terms().MaxMessage
}
