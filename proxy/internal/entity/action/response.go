package action

import (
	"fmt"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// handle does what a response asks for, in its turn.
func (m *Machine) handle(response *actionv1.ActionResponse, out []Effect) []Effect {
	if broken, text := m.forbidden(response); broken != "" {
		return m.violate(broken, text, out)
	}
	switch said := response.GetResponse().(type) {
	case *actionv1.ActionResponse_Failure:
		return m.fail(said.Failure, response.GetSideEffects(), out)
	case *actionv1.ActionResponse_Forward:
		return m.settle(response.GetSideEffects(), said.Forward, turn{}, out)
	case *actionv1.ActionResponse_Reply:
		return m.reply(said.Reply, response.GetSideEffects(), out)
	default:
		return m.withoutCase(response.GetSideEffects(), out)
	}
}

// forbidden says which requirement a response breaks in such a way that nothing of
// it is done, and how; "" when none.
func (m *Machine) forbidden(response *actionv1.ActionResponse) (requirement, text string) {
	if m.hasDurable(response) {
		if !m.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS) { // DISC-CAP-008
			return "DISC-CAP-006", "a response has the field side_effects.durable, and CAPABILITY_DURABLE_EFFECTS is not in force"
		}
		if response.GetFailure() == nil { // FX-DUR-015
			return "FX-DUR-016", "a response has a durable side effect, and an action stores nothing that the effect could be one with"
		}
	}
	if text := m.mistyped(response.GetReply()); text != "" && !m.terms.Cloudstate { // ACT-ANSWER-007
		return "CORE-CMD-006", text
	}
	return "", ""
}

// mistyped says what is wrong with the type of a reply; "" when nothing is.
func (m *Machine) mistyped(reply *entityv1.Reply) string {
	payload := reply.GetPayload()
	if payload == nil || entity.IsOf(payload, m.call.Output) {
		return ""
	}
	return fmt.Sprintf("a response carries the type URL %q, and the method answers with %s: it has to end in %q",
		payload.GetTypeUrl(), m.call.Output, "/"+m.call.Output)
}

// hasDurable reports whether one of the response's side effects is durable. Cloudstate
// 0.2 has no such field (DIA-FIELD-002).
func (m *Machine) hasDurable(response *actionv1.ActionResponse) bool {
	for _, effect := range response.GetSideEffects() {
		if effect.GetDurable() && !m.terms.Cloudstate {
			return true
		}
	}
	return false
}

// fail takes a response that refuses the call: it is the last (ACT-FAIL-003), and its
// side effects are not started (FX-FAIL-001). Those of a 0.2 function are (DIA-FX-001).
func (m *Machine) fail(failure *entityv1.Failure, effects []*entityv1.SideEffect, out []Effect) []Effect {
	refusal, lost := entity.NewFailure(failure)
	for _, report := range lost {
		out = append(out, m.report(report.Requirement, report.Severity, report.Text))
	}
	if m.terms.Cloudstate {
		return m.settle(effects, nil, turn{err: refusal}, out)
	}
	if len(effects) > 0 {
		out = append(out, m.report("FX-FAIL-001", discoveryv1.Severity_SEVERITY_WARNING,
			"the call failed and its response has side effects: they were not started"))
	}
	return m.finish(refusal, out)
}

// reply takes a response that has an item, or should have one (ACT-ANSWER-006).
func (m *Machine) reply(reply *entityv1.Reply, effects []*entityv1.SideEffect, out []Effect) []Effect {
	if reply.GetPayload() == nil {
		return m.lack("CORE-CMD-006", "a response has a reply without payload", effects, out)
	}
	if text := m.mistyped(reply); text != "" { // of Cloudstate 0.2, and passed on (DIA-ANSWER-004)
		out = append(out, m.report("CORE-CMD-006", discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	reply, out = m.trim(reply, out)
	return m.settle(effects, nil, turn{reply: reply}, out)
}

// trim takes metadata that is too large off a reply (CORE-LIMIT-011). The reply is not
// written to.
func (m *Machine) trim(reply *entityv1.Reply, out []Effect) (*entityv1.Reply, []Effect) {
	size := header.Size(header.Returned(reply.GetMetadata()))
	if size <= m.terms.MaxMetadata {
		return reply, out
	}
	text := fmt.Sprintf("the metadata of a reply has %d bytes, and may have %d: the caller gets none of it", size, m.terms.MaxMetadata)
	return &entityv1.Reply{Payload: reply.GetPayload()}, append(out, m.report("CORE-LIMIT-011", discoveryv1.Severity_SEVERITY_WARNING, text))
}

// withoutCase takes a response that has nothing for the caller: in a stream that is
// no mistake (ACT-ANSWER-005), elsewhere the caller waits for an item (ACT-ANSWER-004).
func (m *Machine) withoutCase(effects []*entityv1.SideEffect, out []Effect) []Effect {
	if m.call.Shape.Responses() {
		return m.settle(effects, nil, turn{}, out)
	}
	return m.lack("ACT-ANSWER-004", "the response has no case set, and the caller waits for one", effects, out)
}

// lack starts the side effects of a response that lacks the caller's item, and then
// ends the call.
func (m *Machine) lack(requirement, text string, effects []*entityv1.SideEffect, out []Effect) []Effect {
	out = append(out, m.report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.settle(effects, nil, turn{err: fault.Nothing(text)}, out)
}

// settle has the side effects started and the forward followed, before the turn goes
// on. Where there is neither it goes on at once.
func (m *Machine) settle(effects []*entityv1.SideEffect, forward *entityv1.Forward, then turn, out []Effect) []Effect {
	m.turn = then
	if len(effects) == 0 && forward == nil {
		return m.settled(Settled{}, out)
	}
	m.turn.under = true
	return append(out, Settle{SideEffects: effects, Forward: forward})
}
