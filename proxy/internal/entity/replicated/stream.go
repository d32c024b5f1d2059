package replicated

import (
	"fmt"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// flow opens a streamed call: its caller gets what the reply has for it, and then what
// was held back behind the reply.
func (m *Machine) flow(c *call, first entity.Outcome, out []entity.Effect) []entity.Effect {
	if c.stage == outstanding {
		m.outstanding--
	}
	c.stage = flowing
	if empty(first) {
		out = append(out, entity.Answered{Command: c.id})
	} else {
		out = m.respond(c, response{outcome: first}, out)
	}
	held := c.held
	c.held = nil
	for _, next := range held {
		out = m.respond(c, next, out)
	}
	switch {
	case c.over:
		return out
	case c.end != nil: // What ended the activation ends the call.
		m.drop(c)
		return m.complete(c, entity.Outcome{Err: c.end}, out)
	case c.left != nil: // REP-CANCEL-002
		return m.finish(c, c.left, out)
	default:
		return out
	}
}

// empty reports whether nothing follows from the outcome.
func empty(outcome entity.Outcome) bool {
	return outcome.Reply == nil && outcome.Forward == nil && outcome.Err == nil && len(outcome.SideEffects) == 0
}

// respond gives the caller one response; the last one ends the call.
func (m *Machine) respond(c *call, next response, out []entity.Effect) []entity.Effect {
	c.responded = c.responded || next.outcome.Reply != nil || next.outcome.Forward != nil
	if next.last {
		m.drop(c)
		return m.complete(c, next.outcome, out)
	}
	return append(out, entity.Complete{Command: c.id, Outcome: next.outcome, More: true})
}

// streamed takes a further response of a streamed call (REP-STREAM-005).
func (m *Machine) streamed(said *replicatedv1.StreamedMessage, out []entity.Effect) []entity.Effect {
	id := said.GetCommandId()
	c := m.calls[id]
	requirement, text := m.foreign(said.GetSideEffects(), nil)
	switch {
	case id < 1 || id > m.newest || c != nil && c.stage == outstanding: // REP-STREAM-010
		return m.violate("REP-STREAM-001", "the function sent a streamed message for a command that has no reply", out)
	case requirement != "" && (c == nil || c.over):
		return m.violate(requirement, text, out)
	case requirement != "":
		return m.spoilt(c, requirement, text, out)
	case m.deleted: // REP-DEL-007
		return out
	case c == nil || c.over || c.ended():
		return m.stray(id, out)
	case said.GetClientAction().GetFailure() != nil:
		return m.failStreamed(c, said, out)
	}
	if requirement, text = m.forbidden(c.command, said.GetSideEffects(), nil); requirement != "" {
		return m.spoilt(c, requirement, text, out)
	}
	if text = wrongType(c, said.GetClientAction()); text != "" {
		if !m.terms.Cloudstate {
			return m.spoilt(c, "CORE-CMD-006", text, out)
		}
		out = append(out, m.report("CORE-CMD-006", text, 0))
	}
	return m.pass(c, said, out)
}

// stray drops a streamed message for a call that has ended (REP-STREAM-009).
func (m *Machine) stray(id int64, out []entity.Effect) []entity.Effect {
	if m.cancels.has(id) {
		return out
	}
	return append(out, m.warn("REP-STREAM-004", fmt.Sprintf("the function sent a streamed message for command %d, whose call has ended", id), 0))
}

// pass hands the message on, or holds it behind the reply that waits (REP-STREAM-006).
func (m *Machine) pass(c *call, said *replicatedv1.StreamedMessage, out []entity.Effect) []entity.Effect {
	next := response{last: said.GetEndStream()}
	next.outcome = entity.Outcome{Command: c.id, SideEffects: said.GetSideEffects(), Forward: said.GetClientAction().GetForward()}
	next.outcome.Reply, out = m.trim(c, said.GetClientAction().GetReply(), out)
	switch {
	case empty(next.outcome) && !next.last:
		return out
	case c.stage == flowing:
		return m.respond(c, next, out)
	case len(c.held) == maxHeld: // REP-STREAM-011
		err := fault.New(fault.Exhausted, "%d responses wait for the write consistency of the first", maxHeld)
		c.held = nil
		m.cancels.ask(c)
		return m.complete(c, entity.Outcome{Err: err}, out)
	default:
		c.held = append(c.held, next)
		return out
	}
}

// failStreamed ends the call with the domain's failure. The function is told of the
// end unless it has said so itself.
func (m *Machine) failStreamed(c *call, said *replicatedv1.StreamedMessage, out []entity.Effect) []entity.Effect {
	refusal, out := m.refusal(c, said.GetClientAction().GetFailure(), said.GetSideEffects(), out)
	if c.stage == waiting {
		c.held = append(c.held, response{outcome: entity.Outcome{Command: c.id, Err: refusal}, last: true})
		if !said.GetEndStream() {
			m.cancels.ask(c)
		}
		return out
	}
	if said.GetEndStream() {
		out = m.complete(c, entity.Outcome{Err: refusal}, out)
		m.drop(c)
		return out
	}
	return m.finish(c, refusal, out)
}
