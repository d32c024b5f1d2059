package eventsourced

import (
	"time"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// answer takes the reply to the unanswered command, which came at the time. What it
// changes goes to the store; its outcome waits for that.
func (m *Machine) answer(reply *eventsourcedv1.EventSourcedReply, at time.Time, out []entity.Effect) []entity.Effect {
	if field, capability := m.foreign(reply); field != "" {
		return m.violate(notInForce, "the reply has the field "+field+", and "+capability.String()+" is not in force", out)
	}
	if failure := reply.GetClientAction().GetFailure(); failure != nil {
		return m.refuse(reply, failure, out)
	}
	if broken, text := m.forbidden(reply); broken != "" {
		return m.violate(broken, text, out)
	}
	events := m.events(reply, at)
	change := &entity.Persist{
		Expected: m.last, Events: events, Snapshot: m.snapshot(reply), Delete: end(reply), Command: m.command, Durable: durable(reply),
	}
	if requirement, what := m.tooLarge(reply, change); what != "" {
		return m.reject(requirement, what, out)
	}
	out = m.remark(reply, out)
	outcome, out := m.outcome(reply, out)
	if m.current.keyed {
		change.Answer = &outcome
	}
	m.last += int64(len(events))
	if change.Snapshot != nil {
		m.covered = change.Snapshot.Sequence
	}
	if changesNothing(change) {
		change = nil
	}
	out = m.settle(outcome, change, out)
	if reply.GetDelete() != nil { // ES-DEL-003
		return m.close(entity.Close{Reason: "deleted", Deleted: true}, out)
	}
	return m.ask(out)
}

// changesNothing reports whether there is nothing to store.
func changesNothing(change *entity.Persist) bool {
	return len(change.Events) == 0 && change.Delete == nil && change.Answer == nil && len(change.Durable) == 0
}

// outcome is what the caller gets of a reply that is no failure.
func (m *Machine) outcome(reply *eventsourcedv1.EventSourcedReply, out []entity.Effect) (entity.Outcome, []entity.Effect) {
	outcome := entity.Outcome{Command: m.command, SideEffects: reply.GetSideEffects()}
	outcome.Reply, outcome.Forward = clientAction(reply.GetClientAction())
	outcome.Reply, out = m.trim(outcome.Reply, out)
	if outcome.Reply == nil && outcome.Forward == nil { // CORE-CMD-010, CORE-CMD-012
		text := "the function's reply holds nothing for the caller; the command was carried out"
		out = append(out, m.report("CORE-CMD-006", discoveryv1.Severity_SEVERITY_ERROR, text))
		outcome.Err = fault.Nothing(text)
	}
	return outcome, out
}

// remark tells the function of a snapshot that is not stored (ES-SNAP-003, ES-DEL-011).
func (m *Machine) remark(reply *eventsourcedv1.EventSourcedReply, out []entity.Effect) []entity.Effect {
	switch {
	case reply.GetSnapshot() == nil:
		return out
	case reply.GetDelete() != nil:
		text := "the reply deletes the entity and has a snapshot: the snapshot was not stored"
		return append(out, m.report("ES-DEL-010", discoveryv1.Severity_SEVERITY_WARNING, text))
	case len(reply.GetEvents()) == 0:
		text := "the reply has a snapshot and no events: the snapshot was not stored"
		return append(out, m.report("ES-SNAP-002", discoveryv1.Severity_SEVERITY_WARNING, text))
	default:
		return out
	}
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
	changed := len(reply.GetEvents()) > 0 || len(reply.GetEventMetadata()) > 0 || reply.GetSnapshot() != nil || reply.GetDelete() != nil
	if changed {
		text := "the command failed and its reply changes the state: nothing of it was stored, and the entity loads again"
		out = append(out, m.report("ES-FAIL-004", discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	if len(reply.GetSideEffects()) > 0 { // FX-EFF-008
		text := "the command failed and its reply has side effects: they were not started"
		out = append(out, m.report("FX-EFF-003", discoveryv1.Severity_SEVERITY_WARNING, text))
	}
	refusal, lost := entity.NewFailure(failure)
	out = m.tell(lost, out)
	givenUp := m.current.cancelled && refusal.Code == codes.Canceled
	outcome := entity.Outcome{Command: m.command, Err: refusal, GivenUp: givenUp}
	out = m.settle(outcome, m.record(failure, &outcome), out)
	switch {
	case failure.GetRestart(): // CORE-RESTART-001, DIA-LIFE-001
		return m.close(entity.Close{Reason: "restart", Anew: m.terms.Cloudstate}, out)
	case changed:
		return m.close(entity.Close{Reason: "violation"}, out)
	default:
		return m.ask(out)
	}
}

// record returns the write that records a failure under its key; nil where it is not
// recorded (IDEM-RECORD-001, IDEM-RECORD-004, IDEM-RECORD-005).
func (m *Machine) record(failure *entityv1.Failure, outcome *entity.Outcome) *entity.Persist {
	if !m.current.keyed || failure.GetRetryable() || outcome.GivenUp {
		return nil
	}
	return &entity.Persist{Expected: m.last, Command: m.command, Answer: outcome}
}

// reject keeps nothing of a reply that is too large. The function has applied the
// events to its own copy, so that it must load again.
func (m *Machine) reject(requirement, text string, out []entity.Effect) []entity.Effect {
	out = append(out, m.report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.lose(fault.New(fault.Exhausted, "%s", text), entity.Close{Reason: "violation"}, out)
}
