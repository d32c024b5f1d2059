package replicated

import (
	"fmt"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// turn does what the last input makes possible: in the proxy's turn it shows the
// function what it has still to see, and then it tells it of calls that have ended.
func (m *Machine) turn(out []entity.Effect) []entity.Effect {
	if m.phase == open && !m.functionsTurn() {
		out = m.show(out)
	}
	if m.phase == open && !m.late && !m.deleted {
		out = m.cancels.send(m.id.Entity, m.shown, out)
	}
	if m.phase == open && m.hides() && !m.timing && !m.late {
		m.timing = true
		out = append(out, entity.Wait{Timer: holdTimer, For: holdTime})
	}
	return out
}

// functionsTurn reports whether something is outstanding.
func (m *Machine) functionsTurn() bool { return m.outstanding > 0 || m.cancels.outstanding() > 0 }

// hides reports whether something from elsewhere is held back.
func (m *Machine) hides() bool { return m.held != nil || !slices.Equal(m.view.Members, m.members) }

// merge takes what was changed elsewhere. The function is shown it in the proxy's
// turn, and what it says until then is about what it has seen (REP-TURN-002).
func (m *Machine) merge(in entity.Merged, out []entity.Effect) []entity.Effect {
	if in.Members != nil {
		m.members = in.Members
	}
	if in.Delta == nil || m.deleted {
		return out
	}
	change, err := crdt.Decode(in.Delta)
	if err != nil {
		return m.reset(nil, lost(), entity.Close{Abort: true, Reason: "load"}, out)
	}
	if change.Deleted() {
		m.deleted = true
		out = m.bury(nil, out)
		if m.functionsTurn() {
			out = append(out, entity.Wait{Timer: buryTimer, For: buryTime})
		}
		return out
	}
	if m.held == nil {
		m.held = &crdt.State{}
	}
	m.held.Merge(change)
	return m.clash(out)
}

// clash gives up the activation where its function used a type that loses to the one
// of another proxy (REP-TYPE-003, REP-TYPE-004).
func (m *Machine) clash(out []entity.Effect) []entity.Effect {
	if !m.loses() {
		return out
	}
	text := fmt.Sprintf("on another proxy the entity is of type %s, and here of type %s, which loses: what was written to it is dropped", m.held.Type(), m.state.Type())
	out = append(out, m.report("REP-TYPE-003", text, 0))
	return m.aborted(fault.New(fault.Conflict, "%s", text), out)
}

// loses reports whether the type that the function used is not the entity's.
func (m *Machine) loses() bool {
	return m.held != nil && m.held.Type() != crdt.Unset && m.state.Type() > m.held.Type()
}

// show sends the difference between what the function holds and what the proxy does
// (REP-TURN-003), or that the entity was deleted (REP-DEL-005).
func (m *Machine) show(out []entity.Effect) []entity.Effect {
	if m.deleted {
		out = append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Delete{Delete: &replicatedv1.Delete{}}}))
		return m.close(entity.Close{Reason: "deleted", Deleted: true, Err: m.notFound()}, out)
	}
	if !m.hides() && !m.state.Astray() {
		return out
	}
	before := m.state.Held(m.view)
	if m.held != nil {
		m.state.Merge(m.held)
	}
	m.state.Settle()
	m.held, m.view.Members, m.late, m.bound = nil, m.members, false, 0
	if m.timing {
		m.timing = false
		out = append(out, entity.Wait{Timer: holdTimer})
	}
	if t := m.state.Type(); t.OfOneType() && !m.maps() {
		return m.unshowable(t, out)
	}
	return m.tell(crdt.Difference(before, m.state.Value(m.view)), out)
}

// tell sends the delta, in parts where one message does not hold it.
func (m *Machine) tell(delta *replicatedv1.Delta, out []entity.Effect) []entity.Effect {
	if delta == nil {
		return out
	}
	parts, ok := crdt.Split(delta, m.terms.MaxMessage-framing)
	if !ok {
		text := fmt.Sprintf("a change from elsewhere is larger than the function takes, which is %d bytes", m.terms.MaxMessage)
		return m.reset(nil, fault.New(fault.Exhausted, "%s", text), entity.Close{Reason: "load"}, out)
	}
	for _, part := range parts {
		m.shown++
		out = append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Delta{Delta: part}}))
	}
	return out
}

// unshowable gives up an activation whose function cannot take the entity's type
// (REP-TYPE-007).
func (m *Machine) unshowable(t crdt.Type, out []entity.Effect) []entity.Effect {
	text := fmt.Sprintf("the entity is of type %s, and CAPABILITY_REPLICATED_MAPS is not in force", t)
	out = append(out, m.report("REP-TYPE-007", text, 0))
	return m.reset(nil, fault.New(fault.Unknown, "%s", text), entity.Close{Reason: "violation"}, out)
}

// elapse takes the end of a time that was waited for.
func (m *Machine) elapse(timer entity.Timer, out []entity.Effect) []entity.Effect {
	switch timer {
	case holdTimer:
		m.timing = false
		m.late = m.hides()
		return out
	case buryTimer:
		return m.close(entity.Close{Abort: true, Reason: "timeout", Deleted: true, Err: m.notFound()}, out)
	}
	id := m.cancels.expire(timer)
	if id != 0 && !m.terms.Cloudstate { // DIA-LIFE-006
		out = append(out, m.warn("REP-CANCEL-003", "the function did not answer a stream_cancelled within a second", id))
	}
	return out
}
