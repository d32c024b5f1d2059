package replicated

import (
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// stage is where a call stands.
type stage uint8

const (
	// outstanding is one whose command the function has not answered.
	outstanding stage = iota
	// waiting is a streamed one whose reply waits for its write consistency, and
	// holds back what follows (REP-STREAM-006).
	waiting
	// flowing is a streamed one that is open.
	flowing
)

// call is a command that was sent, as long as something can still come of it.
type call struct {
	id int64
	// command is as it came, without its payload.
	command entity.Command
	stage   stage
	// left says why its caller waits no more; nil while it does.
	left *fault.Error
	// over says that its caller has got the last outcome, though the function has
	// still to answer, or the store.
	over bool
	// responded says that the caller has got a response.
	responded bool
	// held are the responses that wait behind the reply; end is what ends the call
	// behind them: nil where it goes on.
	held []response
	end  error
}

// response is one response of a streamed call, and whether it is the last.
type response struct {
	outcome entity.Outcome
	last    bool
}

// ended reports whether the function has sent the last response already.
func (c *call) ended() bool { return len(c.held) > 0 && c.held[len(c.held)-1].last }

// arrive sends the command with the next id (CORE-CMD-001).
func (m *Machine) arrive(in entity.Arrived, out []entity.Effect) []entity.Effect {
	m.newest++
	c := &call{id: m.newest, command: in.Command}
	c.command.Payload = nil
	m.calls[c.id] = c
	m.outstanding++
	return append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Command{Command: &entityv1.Command{
		EntityId: m.id.Entity,
		Id:       c.id,
		Name:     in.Command.Name,
		Payload:  in.Command.Payload,
		Metadata: in.Command.Metadata,
		Streamed: in.Command.Streamed,
		Timeout:  milliseconds(in.Left),
	}}}))
}

// milliseconds rounds up, so that a caller who still waits is never said to have
// set no deadline (CORE-TIME-004).
func milliseconds(left time.Duration) int64 {
	return int64((left + time.Millisecond - 1) / time.Millisecond)
}

// gone notes that nobody waits for the command any more. A command that is not
// streamed is cancelled where that is in force (CORE-CANCEL-001); the call of a
// streamed one ends as soon as its reply has come (REP-CANCEL-002).
func (m *Machine) gone(in entity.Gone, out []entity.Effect) []entity.Effect {
	c := m.calls[in.Command]
	if c == nil || c.left != nil || c.over {
		return out
	}
	c.left = fault.New(fault.Canceled, "the caller has gone")
	if in.Deadline {
		c.left = fault.New(fault.Deadline, "the caller's deadline has passed")
	}
	switch {
	case c.stage == flowing:
		return m.finish(c, c.left, out)
	case c.stage == outstanding && !c.command.Streamed && m.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_CANCEL):
		return append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Cancel{Cancel: cancel(in)}}))
	default:
		return out
	}
}

func cancel(in entity.Gone) *entityv1.Cancel {
	reason := entityv1.CancelReason_CANCEL_REASON_CALLER_GONE
	if in.Deadline {
		reason = entityv1.CancelReason_CANCEL_REASON_DEADLINE
	}
	return &entityv1.Cancel{CommandId: in.Command, Reason: reason}
}

func passivation(in entity.Passivate) *entityv1.Passivate {
	return &entityv1.Passivate{Reason: in.Reason}
}

// drop forgets the call: nothing more comes of it.
func (m *Machine) drop(c *call) {
	if c.stage == outstanding {
		m.outstanding--
	}
	delete(m.calls, c.id)
}

// complete gives the caller its last outcome, unless it has had one.
func (m *Machine) complete(c *call, outcome entity.Outcome, out []entity.Effect) []entity.Effect {
	if c.over {
		return out
	}
	c.over = true
	outcome.Command = c.id
	return append(out, entity.Complete{Command: c.id, Outcome: outcome})
}

// finish ends an open streamed call by something else than end_stream: the function is
// told (REP-CANCEL-001).
func (m *Machine) finish(c *call, err error, out []entity.Effect) []entity.Effect {
	out = m.complete(c, entity.Outcome{Err: err}, out)
	m.drop(c)
	m.cancels.ask(c)
	return out
}
