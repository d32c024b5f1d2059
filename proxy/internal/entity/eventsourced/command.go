package eventsourced

import (
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
)

// current is what the answer to one command is held to, and what goes with it.
type current struct {
	// name is the method's short name.
	name string
	// response is the full name of the message that a reply carries.
	response string
	// readOnly says that no reply changes the state.
	readOnly bool
	// keyed says that the answer is recorded.
	keyed bool
	// effect says that the command has no caller.
	effect bool
	// cancelled says that cancel was sent for it.
	cancelled bool
	// trace is the pair that the function was sent with it.
	trace []*entityv1.MetadataEntry
}

// arrive sends the command with the next id (CORE-CMD-001, ES-CMD-001).
func (m *Machine) arrive(in entity.Arrived, out []entity.Effect) []entity.Effect {
	command := in.Command
	m.phase = busy
	m.command++
	m.current = current{
		name: command.Name, response: command.Response, readOnly: command.ReadOnly, keyed: command.Key != "",
		effect: command.Effect, trace: header.Trace(command.Metadata),
	}
	return append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
		Message: &eventsourcedv1.HandleRequest_Command{Command: &entityv1.Command{
			EntityId: m.id.Entity,
			Id:       m.command,
			Name:     command.Name,
			Payload:  command.Payload,
			Metadata: command.Metadata,
			Timeout:  milliseconds(in.Left),
		}},
	}})
}

// milliseconds rounds up, so that a caller who still waits is never said to have
// set no deadline (CORE-TIME-004).
func milliseconds(left time.Duration) int64 {
	return int64((left + time.Millisecond - 1) / time.Millisecond)
}

// cancel tells the function that nobody waits for the unanswered command any more,
// where it wants to know (CORE-CANCEL-001, CORE-CANCEL-009).
func (m *Machine) cancel(in entity.Gone, out []entity.Effect) []entity.Effect {
	if m.phase != busy || in.Command != m.command || m.current.cancelled || m.current.effect ||
		!m.has(discoveryv1.Capability_CAPABILITY_CANCEL) {
		return out
	}
	m.current.cancelled = true
	reason := entityv1.CancelReason_CANCEL_REASON_CALLER_GONE // CORE-CANCEL-008
	if in.Deadline {
		reason = entityv1.CancelReason_CANCEL_REASON_DEADLINE
	}
	return append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
		Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{CommandId: m.command, Reason: reason}},
	}})
}
