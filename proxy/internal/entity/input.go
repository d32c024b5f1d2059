package entity

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Input is one thing that happened: one of the types below.
type Input interface{ input() }

// Opened says that the stream is open, and what the store has. First input of every
// machine.
type Opened struct {
	// Epoch says how often the right to write the entity has changed hands; 0 for
	// a kind that has none.
	Epoch int64
	// Last is the sequence of the last event, or the revision of the value; 0 when
	// there has never been one.
	Last int64
	// Snapshot is the newest of an event sourced entity; nil when there is none.
	Snapshot *Snapshot
	// Value is that of a value entity; nil when it has none.
	Value *anypb.Any
	// Left is how long the value has before it expires; 0 when it never does.
	Left time.Duration
	// Replica is what this node holds of a replicated entity, as package crdt
	// encodes it; nil when it is unset.
	Replica []byte
	// Self names this process among the replicas of a replicated entity, and Members
	// the living ones, itself among them.
	Self    string
	Members []string
}

// Replayed says that the store has this next event, in order of sequence, after the
// snapshot. Between Opened and Recovered.
type Replayed struct{ Event Event }

// Recovered says that the store has no further event.
type Recovered struct{}

// Arrived is the next command of the mailbox. Only while Ready. The machine gives
// it the next id of the stream: the first is 1.
type Arrived struct {
	Command Command
	// Left is how long the caller still waits; 0 when it has set no deadline.
	Left time.Duration
}

// Received is a message from the function, whatever it holds.
type Received struct {
	Message proto.Message
	// At is when it came.
	At time.Time
}

// Persisted is the outcome of the oldest Persist that has none yet. Exactly one for
// each Persist, in their order.
type Persisted struct {
	// Err is nil when the change is durable.
	Err error
	// Along is how many of the changes asked for next were in the same write, so
	// that they share its unknown outcome: their commands fail like the first. 0
	// where the store has said that nothing of the write was stored.
	Along int
}

// Gone says that nobody waits for the answer of the command any more: its caller has
// left, or has set a deadline that is over. The command goes on.
type Gone struct {
	Command int64
	// Deadline says that it was the deadline.
	Deadline bool
}

// Merged says that the replicated entity was changed elsewhere.
type Merged struct {
	// Delta is what has changed, as package crdt encodes it; nil for nothing.
	Delta []byte
	// Members are the living replicas; nil where they are as before.
	Members []string
}

// Spread is the outcome of the Apply with the number: its write consistency was
// reached or, where Err is set, was missed. Exactly one for each Apply that asks for
// more than local consistency, in any order.
type Spread struct {
	Apply int64
	Err   error
}

// Elapsed says that the time of the timer is over that [Wait] has set.
type Elapsed struct{ Timer Timer }

// Ended says that the function ended the stream, or it broke. Err is nil after an end
// with status OK, and a fault of kind Internal when what the function sent broke it;
// one that is fault.ErrTold is not reported any more.
type Ended struct{ Err error }

// TimedOut says that the oldest unanswered command has run for longer than the proxy
// allows.
type TimedOut struct{}

// Passivate says that the entity is to leave memory. Only while Idle.
type Passivate struct{ Reason entityv1.PassivationReason }

func (Opened) input()    {}
func (Replayed) input()  {}
func (Recovered) input() {}
func (Arrived) input()   {}
func (Received) input()  {}
func (Persisted) input() {}
func (Gone) input()      {}
func (Merged) input()    {}
func (Spread) input()    {}
func (Elapsed) input()   {}
func (Ended) input()     {}
func (TimedOut) input()  {}
func (Passivate) input() {}
