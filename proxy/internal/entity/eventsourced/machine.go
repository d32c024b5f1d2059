// Package eventsourced is the machine for event sourced entities: what to send,
// to store and to answer, one input at a time. The sentences that it keeps stand
// in protocol/spec/event-sourced.md and entities.md.
package eventsourced

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// phase is where an activation stands. Each phase follows the one before it; idle
// and busy, or idle and asking, take turns.
type phase uint8

const (
	opening   phase = iota // nothing has been sent
	replaying              // init has been sent
	idle                   // nothing is unanswered
	busy                   // a command is unanswered
	asking                 // a snapshot_request is unanswered
	closing                // the stream is over or void; the store has still to answer
	spent                  // Close has been asked for
)

// String names the phase as the texts for people do.
func (p phase) String() string {
	return [...]string{"opening", "replaying", "idle", "busy", "asking", "closing", "spent"}[p]
}

// Machine is one activation of one event sourced entity.
type Machine struct {
	id     entity.ID
	terms  entity.Terms
	config Config
	phase  phase
	// ends is the sequence of the last event in the journal when the stream opened.
	ends int64
	// last is the sequence of the last event that was replayed or emitted.
	last int64
	// name is what the ids of the entity's events begin with; "" before it is wanted.
	name string
	// covered is the last sequence of the newest snapshot, stored or on its way.
	covered int64
	// command is the id of the newest command on this stream; 0 before the first.
	command int64
	// current is what the newest command's answer is held to.
	current current
	// held are the outcomes that wait for the store, oldest first. The first one
	// has a change there; it is never empty while one has.
	held []held
	// after closes the stream once nothing is held; while closing alone.
	after entity.Close
	// void says that the function has spoilt the stream: what follows is not told.
	void bool
	// mute says that the function is asked for no further snapshot on this stream.
	mute bool
}

var _ entity.Machine = (*Machine)(nil)

// New returns the machine for one activation of the entity.
func New(id entity.ID, terms entity.Terms, config Config) *Machine {
	return &Machine{id: id, terms: terms, config: config.withDefaults()}
}

// Ready reports whether the machine takes Arrived now. The answer before may still
// be on its way into the store (ES-CMD-003).
func (m *Machine) Ready() bool { return m.phase == idle && len(m.held) < m.config.Ahead }

// Idle reports whether the machine takes Passivate now: only once what every reply
// has changed is durable (ES-CMD-004).
func (m *Machine) Idle() bool { return m.phase == idle && len(m.held) == 0 }

// Step takes one input and appends its effects to out. It panics when the
// runtime breaks the contract of an input; nothing that the function sends or
// the store answers makes it panic.
func (m *Machine) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	if m.phase == spent {
		m.expect(in, mayBeLate(in))
		return out // A late word on a stream that is over.
	}
	switch in := in.(type) {
	case entity.Opened:
		m.expect(in, m.phase == opening)
		return m.open(in, out)
	case entity.Replayed:
		m.expect(in, m.phase == replaying)
		return m.replay(in.Event, out)
	case entity.Recovered:
		m.expect(in, m.phase == replaying)
		return m.recover(out)
	case entity.Arrived:
		m.expect(in, m.Ready())
		return m.arrive(in, out)
	case entity.Received:
		return m.receive(in, out)
	case entity.Persisted:
		m.expect(in, len(m.held) > 0)
		return m.persisted(in, out)
	case entity.Gone:
		return m.cancel(in, out)
	case entity.Elapsed:
		return m.overdue(in, out)
	case entity.Ended:
		return m.end(in.Err, out)
	case entity.TimedOut:
		return m.expire(out)
	case entity.Passivate:
		m.expect(in, m.Idle())
		return m.passivate(in.Reason, out)
	default:
		panic(fmt.Sprintf("eventsourced: no machine takes a %T", in))
	}
}

// receive takes whatever the function says. One answer to what is unanswered is
// right; all else resets the activation (CORE-STREAM-006).
func (m *Machine) receive(in entity.Received, out []entity.Effect) []entity.Effect {
	if m.void {
		return out // It follows from what has been told.
	}
	response, _ := in.Message.(*eventsourcedv1.HandleResponse)
	switch said := response.GetMessage().(type) {
	case *eventsourcedv1.HandleResponse_Reply:
		if m.phase == busy && said.Reply.GetCommandId() == m.command {
			return m.answer(said.Reply, in.At, out)
		}
		return m.violate("CORE-CMD-002", m.misplaced(said.Reply), out)
	case *eventsourcedv1.HandleResponse_Failure:
		description, lost := entity.Describe(said.Failure)
		text := "the function says that the stream is broken: " + description
		return m.violate("CORE-STREAM-006", text, m.tell(lost, out))
	case *eventsourcedv1.HandleResponse_SnapshotResponse:
		return m.take(said.SnapshotResponse, out)
	default:
		return m.violate("CORE-CMD-002", "the function sent a message in which no case is set", out)
	}
}

// misplaced says what is wrong with a reply that answers nothing unanswered.
func (m *Machine) misplaced(reply *eventsourcedv1.EventSourcedReply) string {
	if m.phase == busy {
		return fmt.Sprintf("the function answered command %d while command %d was outstanding",
			reply.GetCommandId(), m.command)
	}
	return fmt.Sprintf("the function answered command %d while none was outstanding", reply.GetCommandId())
}

// end says goodbye to a stream that the function, or the network, has ended. Where
// it broke because of what the function sent, that is as wrong as any message
// out of place (CORE-STREAM-007).
func (m *Machine) end(cause error, out []entity.Effect) []entity.Effect {
	if unreadable, ok := errors.AsType[*fault.Error](cause); ok && unreadable.Kind == fault.Internal && !m.void {
		if errors.Is(cause, fault.ErrTold) {
			return m.lose(unreadable, entity.Close{Abort: true, Reason: "violation"}, out)
		}
		return m.violate("CORE-CMD-002", unreadable.Text, out)
	}
	text := "the function ended the stream before it took a command"
	if m.phase == busy {
		text = fmt.Sprintf("the stream to the function ended while command %d was outstanding", m.command)
	}
	return m.lose(&fault.Error{Kind: fault.Unavailable, Text: text, Err: cause}, entity.Close{Reason: "lost"}, out)
}

// expire gives up on a function that does not answer. Once it has answered, the
// store alone decides.
func (m *Machine) expire(out []entity.Effect) []entity.Effect {
	if m.phase != busy {
		return out
	}
	err := fault.New(fault.Deadline, "the function did not answer command %d in the time that the proxy allows", m.command)
	return m.lose(err, entity.Close{Abort: true, Reason: "timeout"}, out)
}

// violate tells the function which sentence it broke, and gives up the stream. Only
// the first violation is told: the rest follow from it.
func (m *Machine) violate(requirement, text string, out []entity.Effect) []entity.Effect {
	if m.phase == opening || m.phase == replaying {
		text += " (before the first command)"
		if requirement == "CORE-CMD-002" {
			requirement = "ES-REPLAY-004"
		}
	}
	out = append(out, m.report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.lose(fault.New(fault.Internal, "%s", text), entity.Close{Abort: true, Reason: "violation"}, out)
}

// lose gives up the stream. The unanswered command fails with err. What was answered
// before is with the store, which decides (ES-STORE-001).
func (m *Machine) lose(err *fault.Error, last entity.Close, out []entity.Effect) []entity.Effect {
	m.void = true
	if m.phase == closing {
		m.after.Abort = m.after.Abort || last.Abort
		return out
	}
	if m.command == 0 {
		last.Err = err // DIA-ANSWER-006
		if status.Code(err.Err) != codes.Unavailable {
			last.Err = m.broken(err) // CORE-STREAM-009
		}
	}
	if m.phase == busy {
		out = m.settle(entity.Outcome{Err: m.broken(err)}, nil, out)
	}
	return m.close(last, out)
}

// broken is what a caller hears of a stream that broke. Those of a Cloudstate 0.2
// function know one code for it (DIA-ANSWER-001).
func (m *Machine) broken(err *fault.Error) error {
	if m.terms.Cloudstate && (err.Kind == fault.Internal || err.Kind == fault.Unavailable) {
		return &fault.Error{Kind: fault.Untold, Text: err.Text, Err: err.Err} // DIA-ANSWER-001
	}
	return err
}

// close ends the activation once nothing is held.
func (m *Machine) close(last entity.Close, out []entity.Effect) []entity.Effect {
	if len(m.held) > 0 {
		m.phase, m.after = closing, last
		return out
	}
	m.phase = spent
	return append(out, last)
}

// report names a mistake of the function, with the command that it concerns.
func (m *Machine) report(requirement string, severity discoveryv1.Severity, text string) entity.Report {
	report := entity.Report{Requirement: requirement, Severity: severity, Text: text}
	if m.phase == busy {
		report.CommandID = m.command
	}
	return report
}

// tell reports what a caller does not get, about the unanswered command.
func (m *Machine) tell(lost []entity.Report, out []entity.Effect) []entity.Effect {
	for _, report := range lost {
		out = append(out, m.report(report.Requirement, report.Severity, report.Text))
	}
	return out
}

// passivate half-closes the stream, behind the reason where the function wants to
// know it (LIFE-PASS-001).
func (m *Machine) passivate(reason entityv1.PassivationReason, out []entity.Effect) []entity.Effect {
	if m.has(discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE) {
		out = append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
			Message: &eventsourcedv1.HandleRequest_Passivate{Passivate: &entityv1.Passivate{Reason: reason}},
		}})
	}
	return m.close(entity.Close{Reason: entity.PassivationName(reason)}, out)
}

// has reports whether the capability is in force.
func (m *Machine) has(capability discoveryv1.Capability) bool {
	return m.terms.Capabilities.Has(capability)
}

// expect panics when the runtime has broken the contract of an input.
func (m *Machine) expect(in entity.Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("eventsourced: %T while %s", in, m.phase))
	}
}

// mayBeLate reports whether the input can still come when the stream is over.
func mayBeLate(in entity.Input) bool {
	switch in.(type) {
	case entity.Opened, entity.Replayed, entity.Recovered, entity.Arrived, entity.Passivate:
		return false
	default:
		return true
	}
}

// fits reports whether the function takes the message.
func (m *Machine) fits(message proto.Message) (size int, ok bool) {
	size = proto.Size(message)
	return size, size <= m.terms.MaxMessage
}
