// Package replicated is the machine for replicated entities: whose turn it is, what
// the function is shown of changes that were made elsewhere, what becomes of its
// updates, and of streamed calls. The sentences that it keeps stand in
// protocol/spec/replicated.md and entities.md; what a value is, is package crdt's.
package replicated

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// phase is where an activation stands. Each follows the one before it.
type phase uint8

const (
	opening    phase = iota // nothing has been sent
	recovering              // init has been sent
	open                    // commands go out
	closing                 // all is over but answers that wait for their write consistency
	spent                   // Close has been asked for
)

// String names the phase as the texts for people do.
func (p phase) String() string {
	return [...]string{"opening", "recovering", "open", "closing", "spent"}[p]
}

// What is bounded.
const (
	// maxOutstanding is how many commands may be outstanding (REP-TURN-006).
	maxOutstanding = 64
	// maxSpreads is how many answers may wait for their write consistency before the
	// function is asked nothing more.
	maxSpreads = 256
	// maxHeld is how many responses of one streamed call may wait (REP-STREAM-011).
	maxHeld = 256
)

// What is waited for. Each cancellation that is outstanding has a timer of its own, from
// the first of them on.
const (
	holdTimer   entity.Timer = 0
	cancelTimer entity.Timer = 1
	buryTimer   entity.Timer = cancelTimer + maxCancels
	// holdTime is how long a change from elsewhere is held back while commands go
	// out (REP-TURN-004), and cancelTime how long a cancellation is outstanding
	// (REP-CANCEL-007).
	holdTime   = 100 * time.Millisecond
	cancelTime = time.Second
	// buryTime is how long the function may take to end its turn once the entity was
	// deleted elsewhere: its commands have got their answers, so that nobody else
	// watches over them.
	buryTime = time.Minute
)

// Machine is one activation of one replicated entity.
type Machine struct {
	id    entity.ID
	terms entity.Terms
	phase phase
	// state is what the function has been shown, and what it has made itself: what
	// an update takes away is in it (REP-MERGE-001). view is how it was shown.
	state *crdt.State
	view  crdt.View
	// held is what has come from elsewhere, and members who is there, and both have
	// still to be shown. A held that is nil is nothing.
	held    *crdt.State
	members []string
	// timing says that the time of what is held back runs, and late that it is over.
	timing, late bool
	// deleted says that the entity was deleted elsewhere.
	deleted bool
	// shown counts the deltas that were sent after init.
	shown int64
	// bound is at least as large as an init with the whole value would be; 0 where
	// that is not known.
	bound int

	// newest is the id of the newest command on this stream; 0 before the first.
	newest int64
	// calls are the commands that are outstanding, that wait for their write
	// consistency with a streamed call, or whose streamed call is open.
	calls map[int64]*call
	// outstanding is how many of them the function has still to answer.
	outstanding int
	// cancels are the cancellations of streamed calls.
	cancels cancels
	// applies counts the changes of this activation. spreads are those whose write
	// consistency is waited for, by their numbers.
	applies int64
	spreads map[int64]spread
	// after closes the stream once nothing waits any more. Only while closing.
	after entity.Close
}

var _ entity.Machine = (*Machine)(nil)

// New returns the machine for one activation of the entity.
func New(id entity.ID, terms entity.Terms) *Machine {
	return &Machine{id: id, terms: terms, calls: map[int64]*call{}, spreads: map[int64]spread{}}
}

// Ready reports whether the machine takes Arrived now: not while something from
// elsewhere has been held back for too long (REP-TURN-004).
func (m *Machine) Ready() bool {
	return m.phase == open && !m.late && !m.deleted && m.outstanding < maxOutstanding && len(m.spreads) < maxSpreads
}

// Idle reports whether the machine takes Passivate now (CORE-PASS-001, REP-PASS-001).
func (m *Machine) Idle() bool {
	return m.phase == open && len(m.calls) == 0 && len(m.spreads) == 0 && m.cancels.none()
}

// Step takes one input and appends its effects to out. It panics when the runtime
// breaks the contract of an input; nothing that the function sends makes it panic.
func (m *Machine) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	switch m.phase {
	case spent:
		return out // A late word on a stream that is over.
	case closing:
		if in, is := in.(entity.Spread); is {
			out = m.spread(in, out)
		}
		return m.rest(out) // Of all else nothing is kept (REP-FAIL-008).
	default:
		return m.turn(m.step(in, out))
	}
}

func (m *Machine) step(in entity.Input, out []entity.Effect) []entity.Effect {
	switch in := in.(type) {
	case entity.Opened:
		m.expect(in, m.phase == opening)
		return m.open(in, out)
	case entity.Recovered:
		m.expect(in, m.phase == recovering)
		m.phase = open
		return out
	case entity.Arrived:
		m.expect(in, m.Ready())
		return m.arrive(in, out)
	case entity.Received:
		return m.receive(in, out)
	case entity.Gone:
		return m.gone(in, out)
	case entity.Merged:
		return m.merge(in, out)
	case entity.Spread:
		return m.spread(in, out)
	case entity.Elapsed:
		return m.elapse(in.Timer, out)
	case entity.Ended:
		return m.ended(in.Err, out)
	case entity.TimedOut:
		return m.expire(out)
	case entity.Passivate:
		m.expect(in, m.Idle())
		return m.passivate(in, out)
	default:
		panic(fmt.Sprintf("replicated: no machine takes a %T", in))
	}
}

// receive takes whatever the function says.
func (m *Machine) receive(in entity.Received, out []entity.Effect) []entity.Effect {
	response, _ := in.Message.(*replicatedv1.HandleResponse)
	switch said := response.GetMessage().(type) {
	case *replicatedv1.HandleResponse_Reply:
		return m.reply(said.Reply, in.At, out)
	case *replicatedv1.HandleResponse_StreamedMessage:
		return m.streamed(said.StreamedMessage, out)
	case *replicatedv1.HandleResponse_StreamCancelledResponse:
		return m.cancelled(said.StreamCancelledResponse, in.At, out)
	case *replicatedv1.HandleResponse_Failure:
		return m.failed(said.Failure, out)
	default:
		return m.violate("CORE-CMD-002", "the function sent a message in which no case is set", out)
	}
}

// send sends a message to the function.
func send(message *replicatedv1.HandleRequest) entity.Effect { return entity.Send{Message: message} }

// size returns how large the message is that the function would get.
func size(message *replicatedv1.HandleRequest) int { return proto.Size(message) }

// expect panics when the runtime has broken the contract of an input.
func (m *Machine) expect(in entity.Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("replicated: %T while %s", in, m.phase))
	}
}

// sorted returns the calls in the order of their ids.
func (m *Machine) sorted() []*call {
	all := make([]*call, 0, len(m.calls))
	for _, c := range m.calls {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *call) int { return int(a.id - b.id) })
	return all
}

// notFound is what the callers of a deleted entity hear (REP-DEL-006, and
// DIA-ANSWER-005).
func (m *Machine) notFound() *fault.Error {
	if m.terms.Cloudstate {
		return fault.New(fault.Untold, "Entity deleted")
	}
	return fault.New(fault.NotFound, "the entity was deleted")
}

// broken is what an outstanding command's caller hears of a broken stream
// (DIA-ANSWER-001).
func (m *Machine) broken(kind fault.Kind, text string) *fault.Error {
	if m.terms.Cloudstate {
		kind = fault.Untold
	}
	return fault.New(kind, "%s", text)
}

// lost is what those hear that a reset takes along, and whom it does not concern
// (REP-FAIL-005).
func lost() *fault.Error {
	return fault.New(fault.Unavailable, "the entity had to be loaded again while the command was outstanding")
}
