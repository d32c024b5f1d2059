package eventsourced

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
)

// notInForce is told of what belongs to a capability that is not in force
// (DISC-CAP-008). This proxy has none, so that none ever is.
const notInForce = "DISC-CAP-006"

// forbidden says which requirement a reply breaks in such a way that nothing of it
// is kept, and how; "" when none. What a function has done to its own copy then is
// not known, so that it loads again.
func (m *Machine) forbidden(reply *eventsourcedv1.EventSourcedReply) (requirement, text string) {
	if field, capability := foreign(reply); field != "" {
		return notInForce, fmt.Sprintf("the reply has the field %s, and %s is not in force", field, capability)
	}
	if m.method.readOnly && len(reply.GetEvents()) > 0 && reply.GetClientAction().GetFailure() == nil {
		return "CORE-READ-001", fmt.Sprintf("the reply has events, and the method %s is declared read_only", m.method.name)
	}
	payload := reply.GetClientAction().GetReply().GetPayload()
	if payload != nil && !entity.IsOf(payload, m.method.response) { // CORE-CMD-013, CORE-CMD-014
		return "CORE-CMD-006", fmt.Sprintf("the reply carries the type URL %q, and %s answers with %s: it has to end in %q",
			payload.GetTypeUrl(), m.method.name, m.method.response, "/"+m.method.response)
	}
	return "", ""
}

// foreign returns the first field of the reply that belongs to a capability, and
// which; "" when there is none.
func foreign(reply *eventsourcedv1.EventSourcedReply) (field string, capability discoveryv1.Capability) {
	switch {
	case len(reply.GetEventMetadata()) > 0:
		return "event_metadata", discoveryv1.Capability_CAPABILITY_EVENT_METADATA
	case reply.GetDelete() != nil:
		return "delete", discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE
	}
	for _, effect := range reply.GetSideEffects() {
		if effect.GetDurable() {
			return "side_effects.durable", discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS
		}
	}
	return "", 0
}

// trim takes metadata that is too large off a reply: the answer stands without it
// (CORE-LIMIT-011), for the command has been carried out. The reply is not written to.
func (m *Machine) trim(reply *entityv1.Reply, out []entity.Effect) (*entityv1.Reply, []entity.Effect) {
	size := header.Size(header.Returned(reply.GetMetadata()))
	if size <= m.limits.Metadata {
		return reply, out
	}
	text := fmt.Sprintf("the metadata of the reply has %d bytes, and may have %d: the caller gets none of it", size, m.limits.Metadata)
	return &entityv1.Reply{Payload: reply.GetPayload()}, append(out, m.report("CORE-LIMIT-011", discoveryv1.Severity_SEVERITY_WARNING, text))
}
