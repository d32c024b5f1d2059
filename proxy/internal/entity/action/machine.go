// Package action is the machine for one call of an action: what to send, to settle
// and to answer, one input at a time. The sentences that it keeps stand in
// protocol/spec/action.md.
//
// A call is no activation: nothing of it is stored, nothing waits for it, and it
// ends with its caller. So this machine has inputs and effects of its own.
package action

import (
	"fmt"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Held is how many requests, and how many responses, of one call the proxy holds at
// most (ACT-FLOW-001).
const Held = 16

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

// expire gives up on a function that does not end its call.
func (m *Machine) expire(out []Effect) []Effect {
	if m.ended {
		return out
	}
	return m.finish(fault.New(fault.Deadline, "%s did not end the call in the time that the proxy allows", m.name()), out)
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

// expect panics when the driver has broken the contract of an input.
func (m *Machine) expect(in Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("action: %T out of its time", in))
	}
}
