// Package value is the machine for value entities: what to send, to store and to
// answer, one input at a time. The sentences that it keeps stand in
// protocol/spec/value.md and entities.md.
package value

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn"
)

// Machine is one activation of one value entity.
type Machine struct {
	turns turn.Turns
	end   end
}

var _ entity.Machine = (*Machine)(nil)

// New returns the machine for one activation of the entity.
func New(id entity.ID, terms entity.Terms) *Machine {
	return &Machine{turns: turn.New(id, terms, turn.Rules{})}
}

// Ready reports whether the machine takes Arrived now.
func (m *Machine) Ready() bool { return m.turns.Ready() }

// Idle reports whether the machine takes Passivate now.
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
	case entity.Recovered:
		m.turns.Recovered(in)
		return out
	case entity.Arrived:
		return append(out, send(&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: m.turns.Ask(in)}}))
	case entity.Received:
		return m.receive(in.Message, out)
	case entity.Persisted:
		return m.turns.Persisted(in, out)
	case entity.Gone:
		if cancel := m.turns.Gone(in); cancel != nil {
			return append(out, send(&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Cancel{Cancel: cancel}}))
		}
		return out
	case entity.Elapsed:
		return m.expire(out)
	case entity.Ended:
		return m.turns.Ended(in.Err, out)
	case entity.TimedOut:
		return m.turns.TimedOut(out)
	case entity.Passivate:
		if notice := m.turns.Passivate(in); notice != nil {
			out = append(out, send(&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Passivate{Passivate: notice}}))
		}
		return m.turns.Close(entity.Close{Reason: entity.PassivationName(in.Reason)}, out)
	default:
		panic(fmt.Sprintf("value: no machine takes a %T", in))
	}
}

// open sends init with the state, which is there also when there is no value
// (VAL-INIT-001, VAL-INIT-002, VAL-INIT-003, VAL-REV-001).
func (m *Machine) open(in entity.Opened, out []entity.Effect) []entity.Effect {
	m.turns.Open(in)
	init := &valuev1.Init{
		ServiceName: m.turns.ID().Service,
		EntityId:    m.turns.ID().Entity,
		State:       &valuev1.State{Value: m.turns.Terms().Aliases.Sent(in.Value)},
		Revision:    in.Last,
		Epoch:       in.Epoch,
	}
	return m.begin(in.Left, append(out, send(&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Init{Init: init}})))
}

func send(message *valuev1.HandleRequest) entity.Effect { return entity.Send{Message: message} }

// receive takes whatever the function says. One reply to the outstanding command
// is right; all else resets the activation (CORE-STREAM-006).
func (m *Machine) receive(message proto.Message, out []entity.Effect) []entity.Effect {
	response, _ := message.(*valuev1.HandleResponse)
	switch said := response.GetMessage().(type) {
	case *valuev1.HandleResponse_Reply:
		if m.turns.Answers(said.Reply.GetCommandId()) {
			return m.answer(said.Reply, out)
		}
		return m.turns.Misplaced(said.Reply.GetCommandId(), out)
	case *valuev1.HandleResponse_Failure:
		return m.turns.Failed(said.Failure, out)
	default:
		return m.turns.Empty(out)
	}
}
