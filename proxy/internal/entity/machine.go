package entity

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
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
	// Ready reports whether the machine takes [Arrived] now.
	Ready() bool
	// Idle reports whether the machine takes [Passivate] now: it is recovered, no
	// command or question is unanswered, nothing waits for the store, and no
	// streamed call is open.
	Idle() bool
}

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

// Snapshot is a state and the sequence of the last event that it covers.
type Snapshot struct {
	Sequence int64
	State    *anypb.Any
}

// Event is one stored event.
type Event struct {
	// Sequence is its place in the journal, from 1. Of an event that is still to be
	// stored it is what the machine expects.
	Sequence int64
	Payload  *anypb.Any
	// Time is when the proxy received the reply that emitted it, to the millisecond.
	Time time.Time
	// Metadata is what the function gave with it, and the trace of its command; nil
	// when there is neither.
	Metadata *entityv1.Metadata
}

// Timer names one of the times that a machine waits for. Each kind has its own.
type Timer uint8

// Effect is one thing that the machine wants done: one of the types below.
type Effect interface{ effect() }

// Send the message to the function on the activation's stream.
type Send struct{ Message proto.Message }

// Persist what one reply changes, durably and all or none, together with the answer
// to a keyed command and with the durable side effects. Answered by Persisted. The
// machine may ask for the next before the last one is answered: they are stored in
// their order, and once one has failed none behind it is stored.
type Persist struct {
	// Expected is the sequence of the last event, or the revision of the value,
	// that the entity has when everything asked for before is stored.
	Expected int64
	// Events follow Expected without a gap; of an event sourced entity.
	Events []Event
	// Snapshot is the state after the last event; nil when there is none.
	Snapshot *Snapshot
	// Delete ends an event sourced entity for ever; nil otherwise.
	Delete *Delete
	// Value is the state action of a value entity; nil when there is none.
	Value *Value
	// Command is the id of the command that is answered; 0 for a snapshot that the
	// proxy has asked for, the loss of which nobody notices (ES-ASK-012).
	Command int64
	// Answer is recorded under the command's idempotency key; nil when the command
	// is not keyed, or its answer is not to be recorded.
	Answer *Outcome
	// Durable are the durable ones of the reply's side effects, in their order.
	Durable []*entityv1.SideEffect
}

// Delete is the end of an event sourced entity.
type Delete struct {
	// Retention is how long its events are kept.
	Retention time.Duration
}

// Value is one state action: an update, or a delete.
type Value struct {
	// Update is the new value; nil for a delete.
	Update *anypb.Any
	// ExpireAfter is how long the new value lasts; 0 when it does not expire.
	ExpireAfter time.Duration
}

// Apply a change to the replicated entity: this node's copy now, every other one
// and the store behind it. Answered by Spread where more than local consistency is
// asked for.
type Apply struct {
	// Apply is the number of this one in its activation, from 1.
	Apply int64
	// Command is the id of the command that made the change; 0 where none did.
	Command int64
	// Delta is the change, as package crdt encodes it.
	Delta []byte
	// Consistency is how many copies have to hold it before the caller is answered.
	Consistency replicatedv1.WriteConsistency
}

// Answered says that the function has answered the command, so that its time is over,
// where the machine holds the outcome back and asks for neither Persist nor Apply.
// Each of them says so as well, and so does Complete.
type Answered struct{ Command int64 }

// Complete gives the caller of the command an outcome. One of a streamed call may have
// neither Reply nor Forward nor Err: then there is nothing for the caller in it.
type Complete struct {
	// Command is its id on the stream.
	Command int64
	Outcome Outcome
	// More says that this is one response of a streamed call, which goes on.
	More bool
}

// Start starts the side effects of an answer for which no caller waits: that to the
// cancellation of a streamed call, or to one that has ended meanwhile.
type Start struct {
	// Command is the streamed one, without its payload, and ID its id on the stream.
	Command     Command
	ID          int64
	SideEffects []*entityv1.SideEffect
}

// Requeue the commands, which were sent and whose answers came to nothing: they go
// back to the head of the mailbox, in this order, as if they had never been sent.
type Requeue struct{ Commands []int64 }

// Wait sets the timer, which Elapsed answers once. It takes the place of what the
// timer was set to before. A For of 0 stops it.
type Wait struct {
	Timer Timer
	For   time.Duration
}

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
	// Reason is for logs and metrics: "restart", "violation", "store", "timeout",
	// "lost", "expired", "deleted", "type", "load"; of a passivation "idle", "limit", "rebalance",
	// "shutdown" or "drain".
	Reason string
	// Err is set when the activation came to nothing: it ended before its first
	// command, and neither by Passivate nor because its value expired. Commands that wait fail with it, or an
	// activation that can never be recovered would be tried for ever.
	Err error
	// Deleted says that the entity is no more: commands that wait, or come later,
	// get NOT_FOUND, or Err where that is set.
	Deleted bool
	// Anew asks for the next activation at once, also where no command waits
	// (DIA-LIFE-001).
	Anew bool
}

func (Send) effect()     {}
func (Persist) effect()  {}
func (Apply) effect()    {}
func (Answered) effect() {}
func (Complete) effect() {}
func (Start) effect()    {}
func (Requeue) effect()  {}
func (Wait) effect()     {}
func (Report) effect()   {}
func (Close) effect()    {}
