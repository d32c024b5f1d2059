package eventsourced

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn"
	"github.com/stateward/stateward/proxy/internal/header"
)

// notInForce is told of what belongs to a capability that is not in force
// (DISC-CAP-008).
const notInForce = "DISC-CAP-006"

// maxRetention is the largest retention, in milliseconds: a hundred years.
const maxRetention = 3153600000000

// foreign returns the first field of the reply that belongs to a capability which is
// not in force, and which; "" when there is none.
func (m *Machine) foreign(reply *eventsourcedv1.EventSourcedReply) (field string, capability discoveryv1.Capability) {
	const (
		events  = discoveryv1.Capability_CAPABILITY_EVENT_METADATA
		deletes = discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE
		effects = discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS
	)
	switch {
	case len(reply.GetEventMetadata()) > 0 && !m.has(events):
		return "event_metadata", events
	case reply.GetDelete() != nil && !m.has(deletes):
		return "delete", deletes
	case turn.Durable(reply.GetSideEffects()) && !m.has(effects):
		return "side_effects.durable", effects
	default:
		return "", 0
	}
}

// forbidden says which requirement a reply that is no failure breaks in such a way
// that nothing of it is kept, and how; "" when none. What a function has done to its
// own copy then is not known, so that it loads again.
func (m *Machine) forbidden(reply *eventsourcedv1.EventSourcedReply) (requirement, text string) {
	events, metadata, retention := len(reply.GetEvents()), len(reply.GetEventMetadata()), reply.GetDelete().GetRetention()
	wrongType := m.turns.WrongType(reply.GetClientAction())
	switch {
	case m.turns.ReadOnly() != "" && (events > 0 || reply.GetDelete() != nil): // CORE-READ-002, CORE-READ-003
		return "CORE-READ-001", fmt.Sprintf("the reply changes the state, and the method %s is declared read_only", m.turns.ReadOnly())
	case metadata > 0 && metadata != events: // ES-EVENT-008
		return "ES-EVENT-003", fmt.Sprintf("the reply has %d events, and metadata for %d", events, metadata)
	case retention < 0 || retention > maxRetention: // ES-DEL-012
		return "ES-DEL-005", fmt.Sprintf("the reply deletes the entity with a retention of %d ms, which is from 0 to %d", retention, int64(maxRetention))
	case wrongType != "":
		return "CORE-CMD-006", wrongType
	default:
		return "", ""
	}
}

// tooLarge says what of a change could never be sent back to the function, and so
// would lock the entity out for ever (ES-STORE-007), or has too much metadata
// (ES-EVENT-007), and which requirement says so; "" when nothing.
func (m *Machine) tooLarge(
	reply *eventsourcedv1.EventSourcedReply, events []entity.Event, snapshot *entity.Snapshot,
) (requirement, text string) {
	for i, event := range events {
		size := header.Size(&entityv1.Metadata{Entries: given(reply, i)})
		if size > m.turns.Terms().MaxMetadata {
			return "ES-EVENT-007", fmt.Sprintf("the metadata of event %d of the reply has %d bytes, and may have %d: nothing was stored",
				i+1, size, m.turns.Terms().MaxMetadata)
		}
		if !m.mayNotFit(event) {
			continue
		}
		if size, ok := m.fits(m.event(event)); !ok {
			return m.unreplayable(fmt.Sprintf("event %d", i+1), size)
		}
	}
	if snapshot == nil {
		return "", ""
	}
	if size, ok := m.fits(m.opening(snapshot)); !ok {
		return m.unreplayable("the snapshot", size)
	}
	return "", ""
}

// unreplayable says that a part of the reply is too large.
func (m *Machine) unreplayable(what string, size int) (requirement, text string) {
	return "ES-STORE-007", fmt.Sprintf("%s of the reply takes %d bytes to replay, and a message may have %d: nothing was stored",
		what, size, m.turns.Terms().MaxMessage)
}
