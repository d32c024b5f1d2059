package entity

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Machine decides what happens to one activation of one entity. It is pure: no
// I/O, no clock, no goroutine. The runtime steps it from one goroutine and
// performs the effects that a step appends, each in order, before the next step.
//
// A machine lives from the opening of one stream to its end. When a step
// appends [Close] the machine is spent; the next activation has a new one.
type Machine interface {
	// Step takes one input and appends its effects to out, which it returns.
	// The caller may reuse out once the effects are performed.
	Step(in Input, out []Effect) []Effect
	// Ready reports whether the machine takes [Arrived] now: the activation is
	// recovered, no command is outstanding, and nothing waits for the store.
	Ready() bool
}

// Input is one thing that happened: one of the types below.
type Input interface{ input() }

// Opened says that the stream is open, and what the store has. First input of every
// machine.
type Opened struct {
	// Last is the sequence of the last event; 0 when there has never been one.
	Last int64
	// Snapshot is the newest; nil when there is none.
	Snapshot *Snapshot
}

// Replayed says that the store has this next event, in order of sequence, after the
// snapshot. Between Opened and Recovered.
type Replayed struct{ Event Event }

// Recovered says that the store has no further event.
type Recovered struct{}

// Arrived is the next command of the mailbox. Only while Ready.
type Arrived struct {
	Command Command
	// Left is how long the caller still waits; 0 when it has set no deadline.
	Left time.Duration
}

// Received is a message from the function, whatever it holds.
type Received struct{ Message proto.Message }

// Appended is the outcome of the Append that the machine asked for. Exactly one
// for each Append.
type Appended struct {
	// Err is nil when the batch is durable.
	Err error
}

// Ended says that the function ended the stream, or it broke. Err is nil after an end
// with status OK, and a fault of kind Internal when what the function sent broke it.
type Ended struct{ Err error }

// TimedOut says that the outstanding command has run for longer than the proxy allows.
type TimedOut struct{}

// Passivate says that nobody has used the entity for its idle time, or the proxy drains.
// Only while Ready.
type Passivate struct{}

func (Opened) input()    {}
func (Replayed) input()  {}
func (Recovered) input() {}
func (Arrived) input()   {}
func (Received) input()  {}
func (Appended) input()  {}
func (Ended) input()     {}
func (TimedOut) input()  {}
func (Passivate) input() {}

// Snapshot is a state and the sequence of the last event that it covers.
type Snapshot struct {
	Sequence int64
	State    *anypb.Any
}

// Event is one stored event.
type Event struct {
	Sequence int64
	Payload  *anypb.Any
}

// Effect is one thing that the machine wants done: one of the types below.
type Effect interface{ effect() }

// Send the message to the function on the activation's stream.
type Send struct{ Message proto.Message }

// Append the events, and the snapshot after the last of them, durably and all
// or none. Answered by Appended.
type Append struct {
	// Expected is the sequence of the last stored event; the first of Events
	// gets Expected + 1.
	Expected int64
	// Events is never empty.
	Events []*anypb.Any
	// Snapshot is nil when there is none.
	Snapshot *anypb.Any
}

// Complete the outstanding command with the outcome.
type Complete struct{ Outcome Outcome }

// Report a mistake to the function.
type Report struct {
	// Requirement is the id of the sentence that was broken.
	Requirement string
	Severity    discoveryv1.Severity
	// Text says what happened, for a person.
	Text string
	// CommandID is 0 when no command is concerned.
	CommandID int64
}

// Close the stream. The machine is spent. Last effect of its step.
type Close struct {
	// Abort resets the stream; otherwise it is half-closed and the function
	// ends it.
	Abort bool
	// Reason is for logs and metrics: "idle", "restart", "violation", "store",
	// "timeout", "lost".
	Reason string
	// Err is set when the activation came to nothing: it ended before its first
	// command, and not by Passivate. Commands that wait fail with it, or an
	// activation that can never be recovered would be tried for ever.
	Err error
}

func (Send) effect()     {}
func (Append) effect()   {}
func (Complete) effect() {}
func (Report) effect()   {}
func (Close) effect()    {}
