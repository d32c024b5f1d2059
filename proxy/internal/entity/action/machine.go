// Package action is the machine for one call of an action: what to send, to settle
// and to answer, one input at a time. The sentences that it keeps stand in
// protocol/spec/action.md.
//
// A call is no activation: nothing of it is stored, nothing waits for it, and it
// ends with its caller. So this machine has inputs and effects of its own.
package action

import (
	"fmt"

	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Held is how many requests, and how many responses, of one call the proxy holds at
// most (ACT-FLOW-001).
const Held = 16

// Call says which call it is.
type Call struct {
	// Service is the full name of the action's service, Method the short name of its
	// method.
	Service, Method string
	// Shape is the method's.
	Shape wire.Shape
	// Input is the type URL of a request.
	Input string
	// Output is the full name of the message that the method gives.
	Output string
	// Request is the one request of a caller that does not stream them. Its bytes
	// are not written to.
	Request []byte
	// Metadata is what came with the call; nil when nothing did.
	Metadata *entityv1.Metadata
}

// Machine is one call. It is pure: no I/O, no clock, no goroutine. Step is called
// from one goroutine, and its effects are performed in order before the next step.
// Once it has asked for Finish it asks for nothing more.
type Machine struct {
	call  Call
	terms entity.Terms
	// opened says that the first command is sent.
	opened bool
	// waiting are the responses that are not handled yet, oldest first.
	waiting []*actionv1.ActionResponse
	// turn is the response that is being handled.
	turn turn
	// ended says that the function's call is over, and end why.
	ended bool
	end   error
	// finished says that the caller's call is over.
	finished bool
}

// turn is a response that is being handled.
type turn struct {
	// under says that Settle or Give has not been answered yet.
	under bool
	// reply is the item that the caller gets once the response is settled; nil when
	// it gets none, or that of a forward.
	reply *entityv1.Reply
	// err ends the caller's call once the response is settled; nil when it goes on.
	err error
}

// New returns the machine for one call, on a connection with the terms.
func New(call Call, terms entity.Terms) *Machine { return &Machine{call: call, terms: terms} }

// Room reports whether the machine takes Responded now. One response is in the hand
// of whoever brings it.
func (m *Machine) Room() bool {
	held := len(m.waiting) + 1
	if m.turn.under {
		held++
	}
	return held < Held
}

// Step takes one input and appends its effects to out. It panics when the driver
// breaks the contract of an input; nothing that the function or the caller sends
// makes it panic. What comes after Finish has no effect.
func (m *Machine) Step(in Input, out []Effect) []Effect {
	if m.finished {
		return out
	}
	switch in := in.(type) {
	case Opened:
		m.expect(in, !m.opened)
		return m.open(out)
	case Requested:
		m.expect(in, m.opened && m.call.Shape.Requests())
		return m.request(in.Request, out)
	case HalfClosed:
		m.expect(in, m.opened && m.call.Shape.Requests())
		return m.halfClose(out)
	case Responded:
		m.expect(in, m.opened && !m.ended && m.Room())
		return m.respond(in.Response, out)
	case Ended:
		m.expect(in, m.opened && !m.ended)
		m.ended, m.end = true, in.Err
		return m.next(out)
	case Settled:
		m.expect(in, m.turn.under)
		return m.settled(in, out)
	case Given:
		m.expect(in, m.turn.under)
		return m.given(in.Err, out)
	case Gone:
		return m.finish(gone(in), out)
	case Refused:
		return m.finish(in.Err, out)
	case TimedOut:
		return m.expire(out)
	default:
		panic(fmt.Sprintf("action: no machine takes a %T", in))
	}
}

// open sends the first command (ACT-OPEN-001): with the one request and the
// half-close, or alone where requests are to come (ACT-OPEN-002, ACT-OPEN-003).
func (m *Machine) open(out []Effect) []Effect {
	m.opened = true
	first := &actionv1.ActionCommand{ServiceName: m.call.Service, Name: m.call.Method, Metadata: m.call.Metadata}
	if m.call.Shape.Requests() {
		return append(out, Send{Command: first})
	}
	first.Payload = m.payload(m.call.Request)
	return m.watch(append(out, Send{Command: first, Last: true}))
}

// request passes one request on (ACT-REQ-001), unless the function has ended its
// call (ACT-END-007).
func (m *Machine) request(request []byte, out []Effect) []Effect {
	if m.ended {
		return out
	}
	return append(out, Send{Command: &actionv1.ActionCommand{Payload: m.payload(request)}})
}

// payload is a request as the function gets it (CORE-CMD-004).
func (m *Machine) payload(request []byte) *anypb.Any {
	return &anypb.Any{TypeUrl: m.call.Input, Value: request}
}

// halfClose passes the caller's half-close on (ACT-END-001).
func (m *Machine) halfClose(out []Effect) []Effect {
	if m.ended {
		return out
	}
	return m.watch(append(out, HalfClose{}))
}

// watch limits the time of a function that has one response to give and no further
// request to wait for (ACT-TIME-002, ACT-TIME-003).
func (m *Machine) watch(out []Effect) []Effect {
	if m.call.Shape.Responses() {
		return out
	}
	return append(out, Watch{})
}

// expire gives up on a function that does not end its call.
func (m *Machine) expire(out []Effect) []Effect {
	if m.ended {
		return out
	}
	return m.finish(fault.New(fault.Deadline, "%s did not end the call in the time that the proxy allows", m.name()), out)
}

// respond keeps a response until its turn comes. Of those to a caller that waits for
// one, a second tells as much as a third: that is a mistake.
func (m *Machine) respond(response *actionv1.ActionResponse, out []Effect) []Effect {
	if m.call.Shape.Responses() || len(m.waiting) < 2 {
		m.waiting = append(m.waiting, response)
	}
	return m.next(out)
}

// next handles the responses whose turn has come, one after the other
// (ACT-ANSWER-003), and then the end of the function's call. A caller that waits for
// one response gets it after that end, or not at all (ACT-END-005).
func (m *Machine) next(out []Effect) []Effect {
	if !m.call.Shape.Responses() && !m.turn.under && m.ended {
		return m.only(out)
	}
	for m.call.Shape.Responses() && !m.finished && !m.turn.under && len(m.waiting) > 0 {
		response := m.waiting[0]
		m.waiting[0] = nil // What holds the others does not keep it alive.
		m.waiting = m.waiting[1:]
		out = m.handle(response, out)
	}
	if m.ended && !m.finished && !m.turn.under && len(m.waiting) == 0 {
		return m.conclude(out)
	}
	return out
}

// settled goes on with a response whose side effects have started, and whose forward,
// where it has one, is answered.
func (m *Machine) settled(in Settled, out []Effect) []Effect {
	handled := m.turn
	m.turn = turn{}
	switch {
	case handled.err != nil:
		return m.finish(handled.err, out)
	case in.Err != nil: // ACT-ANSWER-011
		return m.finish(in.Err, out)
	case in.Reply != nil:
		return m.give(in.Reply, out)
	case handled.reply != nil:
		return m.give(handled.reply, out)
	default: // ACT-ANSWER-005
		return m.next(out)
	}
}

// give gives the caller an item (ACT-ANSWER-008).
func (m *Machine) give(reply *entityv1.Reply, out []Effect) []Effect {
	m.turn = turn{under: true}
	return append(out, Give{Reply: reply})
}

// given goes on after an item: with the next response, or where one was due, with the
// end.
func (m *Machine) given(err error, out []Effect) []Effect {
	m.turn = turn{}
	if err != nil {
		return m.finish(gone(Gone{}), out)
	}
	if !m.call.Shape.Responses() {
		return m.finish(nil, out)
	}
	return m.next(out)
}

// finish ends the caller's call, and with it the function's, unless that is over
// (ACT-END-009). What was not handled is dropped (ACT-CANCEL-002).
func (m *Machine) finish(err error, out []Effect) []Effect {
	if m.opened && (!m.ended || isBroken(m.end)) {
		out = append(out, Cancel{})
	}
	m.finished, m.waiting = true, nil
	return append(out, Finish{Err: err})
}

// gone is what a caller gets that can still hear (ACT-CANCEL-001).
func gone(in Gone) error {
	if in.Deadline {
		return fault.New(fault.Deadline, "the caller's deadline has passed")
	}
	return fault.New(fault.Canceled, "the caller has gone")
}

// name is the method, for people.
func (m *Machine) name() string { return m.call.Service + "/" + m.call.Method }

// expect panics when the driver has broken the contract of an input.
func (m *Machine) expect(in Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("action: %T out of its time", in))
	}
}
