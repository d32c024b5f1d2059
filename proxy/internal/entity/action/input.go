package action

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
)

// Input is one thing that happened to a call: one of the types below.
type Input interface{ input() }

// Opened says that the function's call is made. First input of every machine.
type Opened struct{}

// Requested is one more request of a caller that streams them. Its bytes are not
// written to.
type Requested struct{ Request []byte }

// HalfClosed says that a caller that streams its requests sends no further one.
type HalfClosed struct{}

// Refused says that the proxy takes no further part in the call, and what the
// caller gets: it has sent what is too large, say, or the proxy stops.
type Refused struct{ Err error }

// Gone says that the caller's call has ended: the caller has left, or its deadline
// has passed.
type Gone struct {
	// Deadline says that it was the deadline.
	Deadline bool
}

// Responded is one response of the function. Only while there is Room.
type Responded struct{ Response *actionv1.ActionResponse }

// Ended says that the function's call is over. Err is nil after status OK, a fault of
// kind Internal when the function has sent what cannot be read, one of kind Exhausted
// when that is too large, and otherwise has the status.
type Ended struct{ Err error }

// TimedOut says that the time of Watch is over.
type TimedOut struct{}

// Settled answers Settle: everything for which it has asked is done.
type Settled struct {
	// Reply is what the target of the forward has answered; nil without one.
	Reply *entityv1.Reply
	// Err says that the forward has failed, or could not be sent.
	Err error
}

// Given answers Give. With an Err the caller could not be reached.
type Given struct{ Err error }

func (Opened) input()     {}
func (Requested) input()  {}
func (HalfClosed) input() {}
func (Refused) input()    {}
func (Gone) input()       {}
func (Responded) input()  {}
func (Ended) input()      {}
func (TimedOut) input()   {}
func (Settled) input()    {}
func (Given) input()      {}
