package replicated

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// failed takes the function's word that the stream is broken (CORE-STREAM-006). With
// the id of an outstanding command it is about that one (CORE-STREAM-007); for
// Cloudstate 0.2 it ends that command, or open call, alone (DIA-ANSWER-003).
func (m *Machine) failed(failure *entityv1.Failure, out []entity.Effect) []entity.Effect {
	description, cut := entity.Describe(failure)
	for _, report := range cut {
		out = append(out, report)
	}
	text := "the function says that the stream is broken: " + description
	c := m.calls[failure.GetCommandId()]
	switch {
	case c != nil && m.terms.Cloudstate && c.stage != waiting && !c.over:
		out = append(out, m.report("CORE-STREAM-006", text, c.id))
		err := fault.Said(description)
		if c.stage == flowing {
			return m.finish(c, err, out)
		}
		out = m.complete(c, entity.Outcome{Err: err}, out)
		m.drop(c)
		return out
	case c != nil && c.stage == outstanding:
		return m.spoilt(c, "CORE-STREAM-006", text, out)
	default:
		return m.violate("CORE-STREAM-006", text, out)
	}
}

// ended says goodbye to a stream that the function, or the network, has ended. Where it
// broke because of what the function sent, that is as wrong as any message out of
// place (REP-FAIL-006).
func (m *Machine) ended(cause error, out []entity.Effect) []entity.Effect {
	if unreadable, ok := errors.AsType[*fault.Error](cause); ok && unreadable.Kind == fault.Internal {
		if errors.Is(cause, fault.ErrTold) {
			return m.reset(nil, unreadable, entity.Close{Abort: true, Reason: "violation"}, out)
		}
		return m.violate("CORE-CMD-002", unreadable.Text, out)
	}
	err := m.broken(fault.Unavailable, "the stream to the function ended while the command was outstanding")
	if m.newest == 0 {
		err = m.broken(fault.Unavailable, "the function ended the stream before it took a command")
		if status.Code(cause) == codes.Unavailable { // The connection (DIA-ANSWER-006).
			err.Kind = fault.Unavailable
		}
	}
	err.Err = cause
	return m.reset(nil, err, entity.Close{Reason: "lost"}, out)
}

// expire gives up on a function that does not answer the oldest command in time.
func (m *Machine) expire(out []entity.Effect) []entity.Effect {
	var oldest *call
	for _, c := range m.sorted() {
		if c.stage == outstanding {
			oldest = c
			break
		}
	}
	if oldest == nil {
		return out
	}
	err := fault.New(fault.Deadline, "the function did not answer command %d in the time that the proxy allows", oldest.id)
	return m.lose(oldest, err, lost(), entity.Close{Abort: true, Reason: "timeout"}, out)
}

// violate tells the function which sentence it broke. What it did is about no
// outstanding command, so that all fail with it.
func (m *Machine) violate(requirement, text string, out []entity.Effect) []entity.Effect {
	out = append(out, m.report(requirement, text, 0))
	err := m.broken(fault.Internal, text)
	return m.lose(nil, nil, err, entity.Close{Abort: true, Reason: "violation"}, out)
}

// spoilt tells the function which sentence its answer to the one command broke: that
// fails with it, and the others because the entity loads again.
func (m *Machine) spoilt(c *call, requirement, text string, out []entity.Effect) []entity.Effect {
	out = append(out, m.report(requirement, text, c.id))
	err := fault.New(fault.Internal, "%s", text)
	if requirement == "CORE-STREAM-006" {
		err = m.broken(fault.Internal, text)
	}
	return m.lose(c, err, lost(), entity.Close{Abort: true, Reason: "violation"}, out)
}

// void tells the function which sentence an answer broke for which nobody waits: the
// others hear that the entity loads again (DISC-CAP-010).
func (m *Machine) void(requirement, text string, id int64, out []entity.Effect) []entity.Effect {
	out = append(out, m.report(requirement, text, id))
	return m.reset(nil, lost(), entity.Close{Reason: "violation"}, out)
}

// refused keeps nothing of an update that cannot be applied (REP-UPD-006). The call is
// nil where nobody waits.
func (m *Machine) refused(c *call, id int64, err error, out []entity.Effect) []entity.Effect {
	refusal, ok := errors.AsType[*crdt.Refusal](err)
	if !ok {
		panic(fmt.Sprintf("replicated: an update is refused without a reason: %v", err))
	}
	out = append(out, m.report(refusal.Requirement, refusal.Text, id))
	return m.lose(c, refusalOf(refusal), lost(), entity.Close{Reason: "violation"}, out)
}

// bury lets everybody know that the entity is deleted, but for the one whose command
// did it, and those whose change waits only for its write consistency (REP-DEL-006).
func (m *Machine) bury(but *call, out []entity.Effect) []entity.Effect {
	for _, c := range m.sorted() {
		switch {
		case c == but:
		case c.stage == waiting:
			c.end = m.notFound()
		case c.stage == flowing:
			out = m.complete(c, entity.Outcome{Err: m.notFound()}, out)
			m.drop(c)
		default: // The function has still to answer.
			out = m.complete(c, entity.Outcome{Err: m.notFound()}, out)
		}
	}
	m.cancels.waiting = nil
	return out
}

// gravestone ends the activation of an entity that its function has deleted
// (REP-DEL-004).
func (m *Machine) gravestone(by *call, out []entity.Effect) []entity.Effect {
	out = m.bury(by, out)
	return m.close(entity.Close{Reason: "deleted", Deleted: true, Err: m.notFound()}, out)
}

// aborted gives up an activation whose type was lost: those who wait for a copy hear
// of it as well (REP-TYPE-004).
func (m *Machine) aborted(err *fault.Error, out []entity.Effect) []entity.Effect {
	for _, c := range m.sorted() {
		if c.stage != flowing {
			out = m.complete(c, entity.Outcome{Err: err}, out)
		}
	}
	for _, number := range slices.Sorted(maps.Keys(m.spreads)) {
		if c := m.spreads[number].call; c != nil {
			out = m.complete(c, entity.Outcome{Err: err}, out)
		}
	}
	clear(m.spreads)
	last := entity.Close{Reason: "type"}
	if m.newest == 0 {
		last.Err = err
	}
	return m.lose(nil, nil, lost(), last, out)
}

// reset gives up the stream. The one call, where there is one, ends with its error,
// and the others because the entity loads again; without one, all end with it.
func (m *Machine) reset(c *call, err error, last entity.Close, out []entity.Effect) []entity.Effect {
	if c == nil {
		return m.lose(nil, nil, err, last, out)
	}
	return m.lose(c, err, lost(), last, out)
}

// lose gives up the stream: the one call ends with the one error, and all others with
// the other (REP-FAIL-005, REP-FAIL-007). What waits for its write consistency is not
// touched, but for what would come behind it.
func (m *Machine) lose(one *call, err, others error, last entity.Close, out []entity.Effect) []entity.Effect {
	for _, c := range m.sorted() {
		switch {
		case c == one:
			out = m.complete(c, entity.Outcome{Err: err}, out)
			m.drop(c)
		case c.stage == waiting:
			c.end = others
		default:
			out = m.complete(c, entity.Outcome{Err: others}, out)
			m.drop(c)
		}
	}
	if m.newest == 0 && last.Err == nil {
		last.Err = others // CORE-STREAM-009
	}
	return m.close(last, out)
}

// close ends the activation, once nothing waits for its write consistency any more.
func (m *Machine) close(last entity.Close, out []entity.Effect) []entity.Effect {
	m.phase, m.after = closing, last
	return m.rest(out)
}

func (m *Machine) rest(out []entity.Effect) []entity.Effect {
	if len(m.spreads) > 0 {
		return out
	}
	m.phase = spent
	return append(out, m.after)
}

// report names a mistake of the function, with the command that it concerns.
func (m *Machine) report(requirement, text string, command int64) entity.Report {
	return entity.Report{Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text, CommandID: command}
}

// warn names one that has cost nobody anything.
func (m *Machine) warn(requirement, text string, command int64) entity.Report {
	return entity.Report{Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_WARNING, Text: text, CommandID: command}
}
