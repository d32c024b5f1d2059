package eventsourced

import (
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// answer takes the reply to the outstanding command, which came at the time. What it
// changes goes to the store; its outcome waits for that (ES-STORE-002).
func (m *Machine) answer(reply *eventsourcedv1.EventSourcedReply, at time.Time, out []entity.Effect) []entity.Effect {
	if field, capability := m.foreign(reply); field != "" {
		return m.turns.Violate(notInForce, "the reply has the field "+field+", and "+capability.String()+" is not in force", out)
	}
	if failure := reply.GetClientAction().GetFailure(); failure != nil {
		return m.refuse(reply, failure, out)
	}
	if broken, text := m.forbidden(reply); broken != "" {
		return m.turns.Violate(broken, text, out)
	}
	change := entity.Persist{Events: m.events(reply, at), Snapshot: m.snapshot(reply), Delete: end(reply)}
	if requirement, text := m.tooLarge(reply, change.Events, change.Snapshot); text != "" {
		return m.turns.Reject(requirement, text, out)
	}
	if change.Snapshot != nil {
		m.covered = change.Snapshot.Sequence
	}
	outcome, out := m.turns.Outcome(reply.GetClientAction(), reply.GetSideEffects(), m.remark(reply, out))
	out = m.turns.Answer(outcome, change, nil, out)
	if change.Delete != nil { // ES-DEL-003
		return m.turns.Close(entity.Close{Reason: "deleted", Deleted: true}, out)
	}
	return m.ask(out)
}

// remark tells the function of a snapshot that is not stored (ES-SNAP-003, ES-DEL-011).
func (m *Machine) remark(reply *eventsourcedv1.EventSourcedReply, out []entity.Effect) []entity.Effect {
	switch {
	case reply.GetSnapshot() == nil:
		return out
	case reply.GetDelete() != nil:
		text := "the reply deletes the entity and has a snapshot: the snapshot was not stored"
		return append(out, m.turns.Report("ES-DEL-010", discoveryv1.Severity_SEVERITY_WARNING, text))
	case len(reply.GetEvents()) == 0:
		text := "the reply has a snapshot and no events: the snapshot was not stored"
		return append(out, m.turns.Report("ES-SNAP-002", discoveryv1.Severity_SEVERITY_WARNING, text))
	default:
		return out
	}
}

// refuse takes a reply whose client action is a failure: nothing of it is kept
// (ES-FAIL-001).
func (m *Machine) refuse(
	reply *eventsourcedv1.EventSourcedReply, failure *entityv1.Failure, out []entity.Effect,
) []entity.Effect {
	broken, text := "", ""
	if len(reply.GetEvents()) > 0 || len(reply.GetEventMetadata()) > 0 || reply.GetSnapshot() != nil || reply.GetDelete() != nil { // ES-FAIL-002
		broken, text = "ES-FAIL-004", "the command failed and its reply changes the state: nothing of it was stored, and the entity loads again"
	}
	return m.ask(m.turns.Refuse(failure, reply.GetSideEffects(), broken, text, out))
}
