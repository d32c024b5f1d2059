package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// tally counts what a caller did; it grows alone.
type tally struct {
	acknowledged int           // changes that were answered
	keyed        int           // of them, with an idempotency key
	repeated     int           // keyed commands that were sent again after their answer
	unanswered   int           // changes whose answer was lost, and that were then looked up
	local        int           // local writes of a replicated entity that went with its proxy
	oldest       time.Duration // of those, when the proxy was killed
}

func (t *tally) add(other tally) {
	t.acknowledged += other.acknowledged
	t.keyed += other.keyed
	t.repeated += other.repeated
	t.unanswered += other.unanswered
	t.local += other.local
	t.oldest = max(t.oldest, other.oldest)
}

// change is one change of a state that a caller can ask for, and what it makes of it.
type change[S comparable] struct {
	ask   call
	apply func(S) S
}

// caller makes numbered changes, one after the other, to something that nobody
// else changes, and so always knows what must be there: each acknowledged change
// once, in order, and none of which it was not told or has not seen the effect.
type caller[S comparable] struct {
	name   string
	random *rand.Rand
	// next is the change of that number to that state.
	next func(number int, state S) change[S]
	read func(context.Context) (S, error)

	number int
	known  S
	tally  tally
}

// step makes one change, with a key or without, or reads.
func (c *caller[S]) step(ctx context.Context) error {
	if c.random.IntN(5) == 0 {
		return c.check(ctx)
	}
	c.number++
	next := c.next(c.number, c.known)
	if c.random.IntN(2) == 0 {
		return c.named(c.once(ctx, next))
	}
	return c.named(c.surely(ctx, next))
}

// once asks once. When the answer is lost, it looks what has become of the change.
func (c *caller[S]) once(ctx context.Context, next change[S]) error {
	err := attempt(ctx, next.ask)
	switch {
	case err == nil:
		c.known = next.apply(c.known)
		c.tally.acknowledged++
		return nil
	case !explained(err):
		return err
	}
	c.tally.unanswered++
	state, err := c.read(ctx)
	if after := next.apply(c.known); err == nil && state != c.known && state != after {
		return fmt.Errorf("it is %v, where it must be %v or %v", state, c.known, after)
	}
	c.known = state
	return err
}

// surely asks with a key until there is an answer, and at times once more after it.
func (c *caller[S]) surely(ctx context.Context, next change[S]) error {
	ctx = keyed(ctx, fmt.Sprintf("%s %d", c.name, c.number))
	if err := eventually(ctx, next.ask); err != nil {
		return err
	}
	c.known = next.apply(c.known)
	c.tally.acknowledged++
	c.tally.keyed++
	if c.random.IntN(4) > 0 {
		return nil
	}
	c.tally.repeated++
	return eventually(ctx, next.ask)
}

// check reads, and compares with what must be there.
func (c *caller[S]) check(ctx context.Context) error {
	state, err := c.read(ctx)
	if err == nil && state != c.known {
		err = fmt.Errorf("it is %v, where it must be %v", state, c.known)
	}
	return c.named(err)
}

func (c *caller[S]) finish(ctx context.Context) error { return c.check(ctx) }

func (c *caller[S]) count() tally { return c.tally }

func (c *caller[S]) named(err error) error {
	if err != nil {
		return fmt.Errorf("%s, after change %d: %w", c.name, c.number, err)
	}
	return nil
}
