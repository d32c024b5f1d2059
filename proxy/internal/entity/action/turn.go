package action

import (
	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// turn is a response that is being handled.
type turn struct {
	// under says that Settle or Give has not been answered yet.
	under bool
	// reply is the item that the caller gets once the response is settled; nil when
	// it gets none, or that of a forward.
	reply *entityv1.Reply
	// err ends the caller's call once the response is settled; nil when it goes on.
	err error
}

// respond keeps a response until its turn comes. Of those to a caller that waits for
// one, a second tells as much as a third: that is a mistake.
func (m *Machine) respond(response *actionv1.ActionResponse, out []Effect) []Effect {
	if m.call.Shape.Responses() || len(m.waiting) < 2 {
		m.waiting = append(m.waiting, response)
	}
	return m.next(out)
}

// next handles the responses whose turn has come, one after the other
// (ACT-ANSWER-003), and then the end of the function's call. A caller that waits for
// one response gets it after that end, or not at all (ACT-END-005).
func (m *Machine) next(out []Effect) []Effect {
	if !m.call.Shape.Responses() && !m.turn.under && m.ended {
		return m.only(out)
	}
	for m.call.Shape.Responses() && !m.finished && !m.turn.under && len(m.waiting) > 0 {
		response := m.waiting[0]
		m.waiting[0] = nil // What holds the others does not keep it alive.
		m.waiting = m.waiting[1:]
		out = m.handle(response, out)
	}
	if m.ended && !m.finished && !m.turn.under && len(m.waiting) == 0 {
		return m.conclude(out)
	}
	return out
}

// settled goes on with a response whose side effects have started, and whose forward,
// where it has one, is answered.
func (m *Machine) settled(in Settled, out []Effect) []Effect {
	handled := m.turn
	m.turn = turn{}
	switch {
	case handled.err != nil:
		return m.finish(handled.err, out)
	case in.Err != nil: // ACT-ANSWER-011
		return m.finish(in.Err, out)
	case in.Reply != nil:
		return m.give(in.Reply, out)
	case handled.reply != nil:
		return m.give(handled.reply, out)
	default: // ACT-ANSWER-005
		return m.next(out)
	}
}

// give gives the caller an item (ACT-ANSWER-008).
func (m *Machine) give(reply *entityv1.Reply, out []Effect) []Effect {
	m.turn = turn{under: true}
	return append(out, Give{Reply: reply})
}

// given goes on after an item: with the next response, or where one was due, with the
// end.
func (m *Machine) given(err error, out []Effect) []Effect {
	m.turn = turn{}
	if err != nil {
		return m.finish(gone(Gone{}), out)
	}
	if !m.call.Shape.Responses() {
		return m.finish(nil, out)
	}
	return m.next(out)
}
