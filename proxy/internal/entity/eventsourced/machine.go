// Package eventsourced is the machine for event sourced entities: what to send,
// to store and to answer, one input at a time. The sentences that it keeps stand
// in protocol/spec/event-sourced.md and entities.md.
package eventsourced

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// phase is where an activation stands. Each phase follows the one before it;
// idle, busy and storing take turns.
type phase uint8

const (
	opening   phase = iota // nothing has been sent
	replaying              // init has been sent
	idle                   // no command is outstanding
	busy                   // a command is outstanding at the function
	storing                // its reply has come, and its events are at the store
	spent                  // Close has been asked for
)

// String names the phase as the texts for people do.
func (p phase) String() string {
	return [...]string{"opening", "replaying", "idle", "busy", "storing", "spent"}[p]
}

// Machine is one activation of one event sourced entity.
type Machine struct {
	id     entity.ID
	limits Limits
	phase  phase
	// last is the sequence of the last event that is known to be stored.
	last int64
	// command is the id of the newest command on this stream; 0 before the first.
	command int64
	// method is what the newest command's method is held to.
	method method
	// stored is what the outstanding command comes to once its events are
	// durable. Only while storing.
	stored stored
	// after closes the stream once the store has answered: the function has
	// spoilt it meanwhile. Nil otherwise.
	after *entity.Close
}

// method is what the replies of one method are held to.
type method struct {
	// name is the short name.
	name string
	// response is the full name of the message that a reply carries.
	response string
	// readOnly says that no reply changes the state.
	readOnly bool
}

// stored is a reply whose events are at the store.
type stored struct {
	events  int
	outcome entity.Outcome
}

var _ entity.Machine = (*Machine)(nil)

// New returns the machine for one activation of the entity.
func New(id entity.ID, limits Limits) *Machine { return &Machine{id: id, limits: limits} }

// Ready reports whether the machine takes Arrived now.
func (m *Machine) Ready() bool { return m.phase == idle }

// Step takes one input and appends its effects to out. It panics when the
// runtime breaks the contract of an input; nothing that the function sends or
// the store answers makes it panic.
func (m *Machine) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	if m.phase == spent {
		m.expect(in, isFromStream(in))
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
		m.phase = idle
		return out
	case entity.Arrived:
		m.expect(in, m.phase == idle)
		return m.arrive(in, out)
	case entity.Received:
		return m.receive(in.Message, out)
	case entity.Appended:
		m.expect(in, m.phase == storing)
		return m.append(in.Err, out)
	case entity.Ended:
		return m.end(in.Err, out)
	case entity.TimedOut:
		return m.expire(out)
	case entity.Passivate:
		m.expect(in, m.phase == idle)
		return m.close(entity.Close{Reason: "idle"}, out)
	default:
		panic(fmt.Sprintf("eventsourced: no machine takes a %T", in))
	}
}

// epoch is what every init carries: one proxy at a time has the store to itself, so
// that the right to write an entity never changes hands (CORE-EPOCH-001).
const epoch = 1

// open sends init (ES-INIT-001, ES-INIT-002, ES-REPLAY-001, ES-REPLAY-010).
func (m *Machine) open(in entity.Opened, out []entity.Effect) []entity.Effect {
	m.phase = replaying
	init := &eventsourcedv1.Init{ServiceName: m.id.Service, EntityId: m.id.Entity, LastSequence: in.Last, Epoch: epoch}
	if snapshot := in.Snapshot; snapshot != nil {
		m.last = snapshot.Sequence
		init.Snapshot = &eventsourcedv1.Snapshot{SnapshotSequence: snapshot.Sequence, Snapshot: snapshot.State}
	}
	return append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
		Message: &eventsourcedv1.HandleRequest_Init{Init: init},
	}})
}

// replay sends the next stored event (ES-REPLAY-002). A gap means that the
// store has lost something: the entity is better not served than served wrong.
func (m *Machine) replay(event entity.Event, out []entity.Effect) []entity.Effect {
	if event.Sequence != m.last+1 {
		err := fault.New(fault.Internal, "the journal of %s is damaged: event %d follows event %d",
			m.id, event.Sequence, m.last)
		return m.lose(err, entity.Close{Abort: true, Reason: "store"}, out)
	}
	m.last = event.Sequence
	return append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
		Message: &eventsourcedv1.HandleRequest_Event{
			Event: &eventsourcedv1.Event{Sequence: event.Sequence, Payload: event.Payload},
		},
	}})
}

// arrive sends the command with the next id (CORE-CMD-001, ES-CMD-001).
func (m *Machine) arrive(in entity.Arrived, out []entity.Effect) []entity.Effect {
	command := in.Command
	m.phase = busy
	m.command++
	m.method = method{name: command.Name, response: command.Response, readOnly: command.ReadOnly}
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

// receive takes whatever the function says. One reply to the outstanding command
// is right; all else resets the activation (CORE-STREAM-006).
func (m *Machine) receive(message proto.Message, out []entity.Effect) []entity.Effect {
	response, _ := message.(*eventsourcedv1.HandleResponse)
	switch said := response.GetMessage().(type) {
	case *eventsourcedv1.HandleResponse_Reply:
		if m.phase == busy && said.Reply.GetCommandId() == m.command {
			return m.answer(said.Reply, out)
		}
		return m.violate("CORE-CMD-002", m.misplaced(said.Reply), out)
	case *eventsourcedv1.HandleResponse_Failure:
		description, lost := entity.Describe(said.Failure)
		text := "the function says that the stream is broken: " + description
		return m.violate("CORE-STREAM-006", text, m.tell(lost, out))
	case *eventsourcedv1.HandleResponse_SnapshotResponse:
		return m.violate(notInForce, "the function sent a snapshot_response, and CAPABILITY_SNAPSHOT_REQUEST is not in force", out)
	default:
		return m.violate("CORE-CMD-002", "the function sent a message in which no case is set", out)
	}
}

// misplaced says what is wrong with a reply that answers nothing outstanding.
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
	if unreadable, ok := errors.AsType[*fault.Error](cause); ok && unreadable.Kind == fault.Internal {
		return m.violate("CORE-CMD-002", unreadable.Text, out)
	}
	text := "the function ended the stream before it took a command"
	if m.phase == busy {
		text = fmt.Sprintf("the stream to the function ended while command %d was outstanding", m.command)
	}
	err := &fault.Error{Kind: fault.Unavailable, Text: text, Err: cause}
	return m.lose(err, entity.Close{Reason: "lost"}, out)
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

// violate tells the function which sentence it broke, and gives up the stream.
// While the store is at work only the first violation is told: the rest follow
// from it.
func (m *Machine) violate(requirement, text string, out []entity.Effect) []entity.Effect {
	if m.phase == opening || m.phase == replaying {
		text += " (before the first command)"
		if requirement == "CORE-CMD-002" {
			requirement = "ES-REPLAY-004"
		}
	}
	if m.after == nil {
		out = append(out, m.report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	}
	return m.lose(fault.New(fault.Internal, "%s", text), entity.Close{Abort: true, Reason: "violation"}, out)
}

// lose gives up the stream. The outstanding command fails with err, unless its
// events are at the store: then what the store says decides it (ES-STORE-001).
func (m *Machine) lose(err *fault.Error, last entity.Close, out []entity.Effect) []entity.Effect {
	switch m.phase {
	case storing:
		if m.after == nil {
			m.after = &last
		}
		return out
	case busy:
		out = append(out, entity.Complete{Outcome: entity.Outcome{Err: err}})
	}
	if m.command == 0 {
		last.Err = err
	}
	return m.close(last, out)
}

// close ends the activation.
func (m *Machine) close(last entity.Close, out []entity.Effect) []entity.Effect {
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

// tell reports what a caller does not get, about the outstanding command.
func (m *Machine) tell(lost []entity.Report, out []entity.Effect) []entity.Effect {
	for _, report := range lost {
		out = append(out, m.report(report.Requirement, report.Severity, report.Text))
	}
	return out
}

// expect panics when the runtime has broken the contract of an input.
func (m *Machine) expect(in entity.Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("eventsourced: %T while %s", in, m.phase))
	}
}

// isFromStream reports whether the input can still come when the stream is over.
func isFromStream(in entity.Input) bool {
	switch in.(type) {
	case entity.Received, entity.Ended, entity.TimedOut:
		return true
	default:
		return false
	}
}
