package entity

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

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
