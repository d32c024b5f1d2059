package replicated

import (
	"fmt"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// reply takes the answer to one of the outstanding commands (REP-UPD-005).
func (m *Machine) reply(said *replicatedv1.ReplicatedReply, at time.Time, out []entity.Effect) []entity.Effect {
	c := m.calls[said.GetCommandId()]
	if c == nil || c.stage != outstanding {
		text := fmt.Sprintf("the function answered command %d, which is not outstanding", said.GetCommandId())
		return m.violate("CORE-CMD-002", text, out)
	}
	action := said.GetClientAction()
	if requirement, text := m.foreign(said.GetSideEffects(), said.GetStateAction()); requirement != "" {
		return m.spoilt(c, requirement, text, out)
	}
	if m.deleted { // REP-DEL-007
		m.drop(c)
		return out
	}
	if action.GetFailure() != nil {
		return m.fail(c, said, out)
	}
	if requirement, text := m.forbidden(c.command, said.GetSideEffects(), said.GetStateAction()); requirement != "" {
		return m.spoilt(c, requirement, text, out)
	}
	if text := wrongType(c, action); text != "" {
		if !m.terms.Cloudstate {
			return m.spoilt(c, "CORE-CMD-006", text, out)
		}
		out = append(out, m.report("CORE-CMD-006", text, c.id)) // DIA-ANSWER-004
	}
	return m.carryOut(c, said, at, out)
}

// carryOut applies what the command has changed, and answers its caller.
func (m *Machine) carryOut(c *call, said *replicatedv1.ReplicatedReply, at time.Time, out []entity.Effect) []entity.Effect {
	var change *entity.Apply
	action := said.GetStateAction()
	if action != nil {
		var refused error
		if change, refused = m.apply(action, c.id, at); refused != nil {
			return m.refused(c, c.id, refused, out)
		}
	}
	if m.loses() {
		return m.clash(out) // Its command is one of those that get ABORTED.
	}
	then := spread{call: c}
	then.outcome, out = m.outcome(c, said, out)
	then.goesOn, out = m.goesOn(c, said, out)
	out = m.settle(change, then, out)
	if action.GetDelete() != nil {
		return m.gravestone(c, out)
	}
	return out
}

// goesOn reports whether the call stays open (REP-STREAM-005).
func (m *Machine) goesOn(c *call, said *replicatedv1.ReplicatedReply, out []entity.Effect) (bool, []entity.Effect) {
	if said.GetStreamed() && !c.command.Streamed { // REP-STREAM-012
		text := "the reply to a command that is not streamed has streamed: it was not read"
		return false, append(out, m.warn("REP-STREAM-003", text, c.id))
	}
	return said.GetStreamed() && said.GetStateAction().GetDelete() == nil, out
}

// outcome returns what the reply comes to. Where it has nothing for a caller who
// awaits one response, the function is told (CORE-CMD-010).
func (m *Machine) outcome(c *call, said *replicatedv1.ReplicatedReply, out []entity.Effect) (entity.Outcome, []entity.Effect) {
	outcome := entity.Outcome{Command: c.id, SideEffects: said.GetSideEffects()}
	outcome.Forward = said.GetClientAction().GetForward()
	outcome.Reply, out = m.trim(c, said.GetClientAction().GetReply(), out)
	if outcome.Reply == nil && outcome.Forward == nil && !c.command.Streamed {
		text := "the function's reply holds nothing for the caller; the command was carried out"
		out = append(out, m.report("CORE-CMD-006", text, c.id))
		outcome.Err = fault.New(fault.Internal, "%s", text)
	}
	return outcome, out
}

// trim returns the reply as its caller gets it, nil where it has no payload: without
// metadata that is too large (CORE-LIMIT-011), and without any behind the first
// response of a streamed call (REP-STREAM-013). The reply is not written to.
func (m *Machine) trim(c *call, reply *entityv1.Reply, out []entity.Effect) (*entityv1.Reply, []entity.Effect) {
	if reply.GetPayload() == nil {
		return nil, out
	}
	if c.responded && reply.GetMetadata() != nil {
		return &entityv1.Reply{Payload: reply.GetPayload()}, out
	}
	if size := header.Size(header.Returned(reply.GetMetadata())); size > m.terms.MaxMetadata {
		text := fmt.Sprintf("the metadata of the reply has %d bytes, and may have %d: the caller gets none of it", size, m.terms.MaxMetadata)
		return &entityv1.Reply{Payload: reply.GetPayload()}, append(out, m.warn("CORE-LIMIT-011", text, c.id))
	}
	return reply, out
}

// fail takes a reply whose client action is a failure: nothing of it is kept
// (REP-FAIL-001). A function that sends a change with it may have made the change in
// its own copy, so that it loads again (REP-FAIL-002).
func (m *Machine) fail(c *call, said *replicatedv1.ReplicatedReply, out []entity.Effect) []entity.Effect {
	failure, changed := said.GetClientAction().GetFailure(), said.GetStateAction() != nil
	if changed {
		text := "the command failed and its reply has a state action: it was not applied, and the entity loads again"
		out = append(out, m.report("REP-FAIL-004", text, c.id))
	}
	refusal, out := m.refusal(c, failure, said.GetSideEffects(), out)
	switch {
	case failure.GetRestart():
		return m.reset(c, refusal, entity.Close{Reason: "restart", Anew: m.terms.Cloudstate}, out) // DIA-LIFE-001
	case changed:
		return m.reset(c, refusal, entity.Close{Reason: "violation"}, out)
	case said.GetStreamed() && c.command.Streamed:
		return m.finish(c, refusal, out)
	default:
		out = m.complete(c, entity.Outcome{Err: refusal}, out)
		m.drop(c)
		return out
	}
}

// refusal returns the domain's failure as the caller hears it, and tells the function
// what of its answer reaches nobody.
func (m *Machine) refusal(
	c *call, failure *entityv1.Failure, effects []*entityv1.SideEffect, out []entity.Effect,
) (*entity.Failure, []entity.Effect) {
	if len(effects) > 0 {
		text := "the command failed and its answer has side effects: they were not started"
		out = append(out, m.warn("FX-EFF-003", text, c.id))
	}
	refusal, lost := entity.NewFailure(failure)
	for _, report := range lost {
		report.CommandID = c.id
		out = append(out, report)
	}
	return refusal, out
}
