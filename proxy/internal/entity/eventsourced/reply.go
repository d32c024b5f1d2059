package eventsourced

import (
	"errors"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// answer takes the reply to the outstanding command. Its events go to the store
// first; the outcome waits for them (ES-STORE-002).
func (m *Machine) answer(reply *eventsourcedv1.EventSourcedReply, out []entity.Effect) []entity.Effect {
	if broken, text := m.forbidden(reply); broken != "" {
		return m.violate(broken, text, out)
	}
	if failure := reply.GetClientAction().GetFailure(); failure != nil {
		return m.refuse(reply, failure, out)
	}
	if what := m.tooLarge(reply); what != "" {
		return m.reject(what, out)
	}
	outcome := entity.Outcome{Command: m.command, SideEffects: reply.GetSideEffects()}
	outcome.Reply, outcome.Forward = clientAction(reply.GetClientAction())
	outcome.Reply, out = m.trim(outcome.Reply, out)
	if outcome.Reply == nil && outcome.Forward == nil {
		text := "the function's reply holds nothing for the caller; the command was carried out"
		out = append(out, m.report("CORE-CMD-006", discoveryv1.Severity_SEVERITY_ERROR, text))
		outcome.Err = fault.New(fault.Internal, "%s", text)
	}
	if len(reply.GetEvents()) > 0 {
		m.phase = storing
		m.stored = stored{events: len(reply.GetEvents()), outcome: outcome}
		return append(out, entity.Append{Expected: m.last, Events: reply.GetEvents(), Snapshot: reply.GetSnapshot()})
	}
	if reply.GetSnapshot() != nil { // ES-SNAP-003
		text := "the reply has a snapshot and no events: the snapshot was not stored"
		out = append(out, m.report("ES-SNAP-002", discoveryv1.Severity_SEVERITY_WARNING, text))
	}
	m.phase = idle
	return append(out, entity.Complete{Outcome: outcome})
}

// clientAction returns what the action has for the caller: a reply with a
// payload, or a forward, or neither.
func clientAction(action *entityv1.ClientAction) (*entityv1.Reply, *entityv1.Forward) {
	if action.GetReply().GetPayload() == nil {
		return nil, action.GetForward()
	}
	return action.GetReply(), nil
}

// refuse takes a reply whose client action is a failure: nothing of it is kept
// (ES-FAIL-001). A function that sends a state change with it may have applied
// the change to its own copy, so that it must load again (ES-FAIL-002).
func (m *Machine) refuse(
	reply *eventsourcedv1.EventSourcedReply, failure *entityv1.Failure, out []entity.Effect,
) []entity.Effect {
	changed := len(reply.GetEvents()) > 0 || reply.GetSnapshot() != nil
	if changed {
		text := "the command failed and its reply has events or a snapshot: they were not stored, and the entity loads again"
		out = append(out, m.report("ES-FAIL-004", discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	if len(reply.GetSideEffects()) > 0 {
		text := "the command failed and its reply has side effects: they were not started"
		out = append(out, m.report("FX-EFF-003", discoveryv1.Severity_SEVERITY_WARNING, text))
	}
	refusal, lost := entity.NewFailure(failure)
	out = m.tell(lost, out)
	m.phase = idle
	out = append(out, entity.Complete{Outcome: entity.Outcome{Err: refusal}})
	switch {
	case failure.GetRestart(): // CORE-RESTART-001
		return m.close(entity.Close{Reason: "restart"}, out)
	case changed:
		return m.close(entity.Close{Reason: "violation"}, out)
	default:
		return out
	}
}

// append takes the store's answer, which decides the outstanding command. When
// the store refuses, the function's copy is ahead of the journal, so that the
// activation ends (ES-STORE-004).
func (m *Machine) append(err error, out []entity.Effect) []entity.Effect {
	kept := m.stored
	m.stored = stored{}
	if err != nil {
		outcome := entity.Outcome{Err: refusal(err)}
		return m.close(entity.Close{Abort: true, Reason: "store"}, append(out, entity.Complete{Outcome: outcome}))
	}
	m.last += int64(kept.events)
	m.phase = idle
	out = append(out, entity.Complete{Outcome: kept.outcome})
	if m.after != nil {
		return m.close(*m.after, out)
	}
	return out
}

// refusal is what the caller hears of a store that did not take the events. The
// store's own words are for the log.
func refusal(err error) *fault.Error {
	if errors.Is(err, store.ErrConflict) {
		return &fault.Error{Kind: fault.Conflict, Text: "another writer has changed the entity: nothing was stored", Err: err}
	}
	return &fault.Error{
		Kind: fault.Unavailable,
		Text: "the store did not confirm the command's events: whether they are stored is unknown",
		Err:  err,
	}
}
