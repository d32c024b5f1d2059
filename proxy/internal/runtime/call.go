package runtime

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// MaxResponses is how many responses of one streamed call may wait for its caller
// (REP-STREAM-011).
const MaxResponses = 256

// call is one command on its way.
type call struct {
	// ctx is the caller's. It counts only while the command waits.
	ctx       context.Context
	target    Target
	command   entity.Command
	metrics   Metrics
	submitted time.Time
	// waits is since when the command waits.
	waits time.Time
	// trail follows the command where it is traced; nil where it is not.
	trail *trace.Trail
	// outcome has room for the one outcome, so that nobody has to wait for it; of a
	// streamed call for so many responses and an end.
	outcome chan entity.Outcome
	// asked is what a keyed call asks for.
	asked asked
	// key is the key of a first call, from when it comes until it has its outcome;
	// guarded by instance.mu, and nil of any other.
	key *keyed

	// What follows is of the activation on which the command was sent.

	// id is the command's on the stream, from 1.
	id int64
	// sent is when it was sent.
	sent time.Time
	// answered says that the function has answered it.
	answered bool
	// stores says that the answer has a write of its own.
	stores bool
	// unwatch ends the watch over its caller; nil where there is none.
	unwatch func() bool
	// stored are the ids of its durable side effects.
	stored []string
	// ended says that the caller of a streamed call has got the last response,
	// though the function may still say more.
	ended bool
}

// answer notes that the function has answered the command, when it does so first.
func (c *call) answer() {
	if c.answered {
		return
	}
	c.answered = true
	c.trail.Answered()
	c.metrics.Answered(c.target.Kind, time.Since(c.sent))
}

// waiting counts the command in or out of a mailbox.
func (c *call) waiting(change int) { c.metrics.Waiting(c.target.Kind, change) }

// abandon answers a caller who has gone.
func (c *call) abandon() { c.complete(entity.Outcome{Err: fault.FromContext(c.ctx)}) }

// complete answers the caller for the last time; exactly once for each call, but
// for one that has ended before. Of a first call the caller holds instance.mu.
func (c *call) complete(outcome entity.Outcome) {
	c.forsake()
	if c.ended {
		return
	}
	c.ended = true
	c.metrics.Commanded(c.target.Kind, status.Code(outcome.Err), time.Since(c.submitted))
	c.trail.Ended(outcome.Err)
	if c.command.Streamed {
		c.metrics.Streamed(c.target.Kind, -1)
	}
	outcome.Stored = c.stored
	if c.key != nil {
		outcome.Effected = c.key.end(outcome)
	}
	c.outcome <- outcome
	if c.command.Streamed {
		close(c.outcome)
	}
}

// respond gives the caller of a streamed call one response. False means that the
// caller does not keep up, and that the call has ended with it.
func (c *call) respond(outcome entity.Outcome) bool {
	switch {
	case c.ended:
		return true
	case len(c.outcome) < MaxResponses:
		c.outcome <- outcome
		return true
	}
	err := fault.New(fault.Exhausted, "%d responses wait for their caller, who does not read them", MaxResponses)
	c.complete(entity.Outcome{Command: c.id, Err: err, SideEffects: outcome.SideEffects})
	return false
}

// watch calls gone when nobody waits for the command any more, until forsake.
func (c *call) watch(gone func(deadline bool)) {
	if c.command.Effect || c.ctx.Done() == nil {
		return
	}
	c.unwatch = context.AfterFunc(c.ctx, func() { gone(c.late()) })
}

// late reports whether it was the caller's deadline that ended its context. A
// caller's cancellation at its deadline may come first: that is one and the same.
func (c *call) late() bool {
	return errors.Is(c.ctx.Err(), context.DeadlineExceeded) ||
		!c.command.Deadline.IsZero() && !time.Now().Before(c.command.Deadline)
}

// forsake ends the watch.
func (c *call) forsake() {
	if c.unwatch != nil {
		c.unwatch()
		c.unwatch = nil
	}
}

// unsent makes the call as it was before it was sent.
func (c *call) unsent() {
	c.forsake()
	c.trail.Unsent()
	c.id, c.sent, c.answered, c.stores, c.stored = 0, time.Time{}, false, false, nil
	c.waits = time.Now()
}

// left returns how long a caller still waits, and 0 for one that has set no
// deadline. One whose time has passed just now still waits, a little.
func (c *call) left() time.Duration {
	if c.command.Deadline.IsZero() {
		return 0
	}
	return max(time.Until(c.command.Deadline), 1)
}
