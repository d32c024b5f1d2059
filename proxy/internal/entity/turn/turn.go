// Package turn is what event sourced and value entities have in common: commands
// that take turns on one stream, and answers that leave once everything that they
// rest on is durable. The sentences that it keeps stand in
// protocol/spec/entities.md.
package turn

import (
	"fmt"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// Rules are what one kind of entity does otherwise than another.
type Rules struct {
	// Ahead is how many answers may be held: a function is asked nothing more until
	// the store has caught up. Default 256.
	Ahead int
	// Early is the requirement that a function breaks which answers before it has been
	// asked; CORE-CMD-002 where it is empty.
	Early string
}

// withDefaults returns the rules with all that is unset replaced.
func (r Rules) withDefaults() Rules {
	if r.Ahead == 0 {
		r.Ahead = 256
	}
	if r.Early == "" {
		r.Early = unasked
	}
	return r
}

// unasked is the requirement that an answer to nothing breaks.
const unasked = "CORE-CMD-002"

// phase is where an activation stands. Each phase follows the one before it; idle
// and busy, or idle and paused, take turns.
type phase uint8

const (
	opening    phase = iota // nothing has been sent
	recovering              // init has been sent
	idle                    // no command is outstanding
	busy                    // a command is outstanding at the function
	paused                  // the machine waits for something else of the function
	spent                   // Close has been asked for
)

// String names the phase as the texts for people do.
func (p phase) String() string {
	return [...]string{"opening", "recovering", "idle", "busy", "paused", "spent"}[p]
}

// Turns is the part of a machine that knows whose turn it is. Like a machine it is
// pure, and its methods append their effects to out, which they return.
type Turns struct {
	id    entity.ID
	terms entity.Terms
	rules Rules
	phase phase
	// last is the sequence of the last event, or the revision of the value, that the
	// entity has when everything asked for is stored.
	last int64
	// asked is the newest command; its id is 0 before the first.
	asked asked
	// held are the answers that wait for the store.
	held queue
	// after closes the stream once none is held any more: nothing further is sent on
	// it. Nil while the activation lives.
	after *entity.Close
}

// asked is a command and what its answer is held to.
type asked struct {
	id int64
	// name is the short name of the method, and response the full name of the
	// message with which it answers.
	name, response string
	// readOnly says that no answer changes the state.
	readOnly bool
	// keyed says that the answer is recorded.
	keyed bool
	// effect says that the command has no caller.
	effect bool
	// cancelled says that the function was told that nobody waits.
	cancelled bool
}

// New returns the turns of one activation of the entity.
func New(id entity.ID, terms entity.Terms, rules Rules) Turns {
	return Turns{id: id, terms: terms, rules: rules.withDefaults()}
}

// ID returns the entity's name.
func (t *Turns) ID() entity.ID { return t.id }

// Terms returns what holds on the stream.
func (t *Turns) Terms() entity.Terms { return t.terms }

// Last returns the sequence or revision that the next write expects.
func (t *Turns) Last() int64 { return t.last }

// Ready reports whether the next command may be sent: the one before it has been
// answered, though what that answer changed may not be durable yet.
func (t *Turns) Ready() bool {
	return t.phase == idle && t.after == nil && t.held.len() < t.rules.Ahead
}

// Idle reports whether the entity may be passivated.
func (t *Turns) Idle() bool { return t.phase == idle && t.after == nil && t.held.len() == 0 }

// Busy reports whether a command is outstanding.
func (t *Turns) Busy() bool { return t.phase == busy }

// Open notes that init has been sent, and what the entity has in the store.
func (t *Turns) Open(in entity.Opened) {
	t.expect(in, t.phase == opening)
	t.phase, t.last = recovering, in.Last
}

// Replayed notes that stored state follows init.
func (t *Turns) Replayed(in entity.Replayed) { t.expect(in, t.phase == recovering) }

// Recovered notes that the function has all that is stored.
func (t *Turns) Recovered(in entity.Recovered) {
	t.expect(in, t.phase == recovering)
	t.phase = idle
}

// Ask gives the command its id, the next one of the stream (CORE-CMD-001), and
// returns it as the function gets it.
func (t *Turns) Ask(in entity.Arrived) *entityv1.Command {
	t.expect(in, t.Ready())
	t.phase = busy
	t.asked = asked{
		id: t.asked.id + 1, name: in.Command.Name, response: in.Command.Response,
		readOnly: in.Command.ReadOnly, keyed: in.Command.Key != "", effect: in.Command.Effect,
	}
	return &entityv1.Command{
		EntityId: t.id.Entity,
		Id:       t.asked.id,
		Name:     in.Command.Name,
		Payload:  in.Command.Payload,
		Metadata: in.Command.Metadata,
		Timeout:  milliseconds(in.Left),
	}
}

// milliseconds rounds up, so that a caller who still waits is never said to have
// set no deadline (CORE-TIME-004).
func milliseconds(left time.Duration) int64 {
	return int64((left + time.Millisecond - 1) / time.Millisecond)
}

// Pause keeps commands back until [Turns.Resume], for a question of the machine's own
// to the function. It reports whether that may be asked now.
func (t *Turns) Pause() bool {
	if t.phase != idle || t.after != nil {
		return false
	}
	t.phase = paused
	return true
}

// Paused reports whether commands are kept back.
func (t *Turns) Paused() bool { return t.phase == paused }

// Resume lets the next command in.
func (t *Turns) Resume() { t.phase = idle }

// Answers reports whether the command with the id is outstanding, so that an answer
// to it is right.
func (t *Turns) Answers(command int64) bool { return t.phase == busy && command == t.asked.id }

// Over reports whether the input counts no more: the stream is over, or is reset as
// soon as the store has answered for what is held. It panics when the stream is over
// and the input is none that can still come.
func (t *Turns) Over(in entity.Input) bool {
	_, stored := in.(entity.Persisted)
	switch {
	case t.phase == spent:
		t.expect(in, stored || late(in))
		return true
	case t.after != nil && t.after.Abort:
		return !stored
	default:
		return false
	}
}

// late reports whether the input may be a word that crossed the end of the stream.
func late(in entity.Input) bool {
	switch in.(type) {
	case entity.Received, entity.Ended, entity.TimedOut, entity.Gone, entity.Elapsed:
		return true
	default:
		return false
	}
}

// expect panics when the runtime has broken the contract of an input.
func (t *Turns) expect(in entity.Input, ok bool) {
	if !ok {
		panic(fmt.Sprintf("turn: %T while %s", in, t.phase))
	}
}
