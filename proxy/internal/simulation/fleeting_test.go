package simulation

import (
	"fmt"
	"slices"
	"time"
)

// slack is how far from its end a value may be found, or missed (VAL-EXPIRE-001).
const slack = time.Second

// A fleeting entity is a value that orders delete, or let expire: what it holds at the end
// tells little of what it has held. So each answer of it is looked at by itself. When a
// change was made nobody knows exactly: not before its order was given, and not after a
// caller was told.

// fleets finds in an answer of a fleeting entity what it should not have, or what it lacks.
func (l *ledger) fleets(c *caller) error {
	if c.order.Service != fleeting || c.err != nil || c.order.Once != "" || c.order.forwarded() != nil {
		return nil //nolint:nilerr // a failed call tells nothing of the value, and a recorded answer nothing of that of now
	}
	id, held := c.order.id(), tokens(c.reply)
	if err := l.plausible(id, c.reply); err != nil {
		return fmt.Errorf("call %d: %w", c.number, err)
	}
	if own := c.order.Token; c.method == "Add" && (len(held) == 0 || held[len(held)-1] != own || c.order.Delete && len(held) > 1) {
		return fmt.Errorf("call %d of %s was told %q, which does not end with its own %s", c.number, id, c.reply, own)
	}
	for _, o := range l.changes[id] {
		told, knows := l.told[o.Token]
		place := slices.Index(held, o.Token)
		switch {
		case !knows || o.Delete || !told.Before(c.asked):
		case place < 0 && !l.ends(o, c):
			return fmt.Errorf("call %d of %s was told %q, without %s, which has no end yet", c.number, id, c.reply, o.Token)
		case place >= 0 && !l.repeats(o.Token) && l.ended(o, c):
			return fmt.Errorf("call %d of %s was told %q, with %s, which has had its end", c.number, id, c.reply, o.Token)
		}
	}
	return l.turned(c, held)
}

// turned finds two changes in another order than that in which they were made.
func (l *ledger) turned(c *caller, held []string) error {
	for n, later := range held {
		for _, sooner := range held[:n] {
			if l.before(later, sooner) && !l.repeats(later) && !l.repeats(sooner) {
				return fmt.Errorf("call %d of %s was told %q, in which %s stands behind %s", c.number, c.order.id(), c.reply, later, sooner)
			}
		}
	}
	return nil
}

// before reports whether a change was surely made before another.
func (l *ledger) before(one, other string) bool {
	told, knows := l.told[one]
	return knows && told.Before(l.given[other])
}

// ends reports whether the value that the change made may have ended by the time of the
// call: a change at or behind it has deleted the value, or let it expire.
func (l *ledger) ends(o order, c *caller) bool {
	return slices.ContainsFunc(l.changes[o.id()], func(end order) bool {
		switch {
		case l.before(end.Token, o.Token) && !l.repeats(end.Token) || l.given[end.Token].After(c.heard):
			return false
		case end.Delete:
			return end.Token != o.Token
		case end.Expire == 0:
			return false
		}
		earliest := l.given[end.Token].Add(end.expire() - slack)
		return !earliest.After(c.heard) && (l.repeats(end.Token) || !once(l.replaced, end.Token, func() bool { return l.outlived(end, earliest) }))
	})
}

// outlived reports whether another update has surely taken the place of one before its
// value has ended: each decides on its own value's end (VAL-EXPIRE-003).
func (l *ledger) outlived(o order, end time.Time) bool {
	return slices.ContainsFunc(l.changes[o.id()], func(next order) bool {
		told, knows := l.told[next.Token]
		return knows && told.Before(end) && l.before(o.Token, next.Token) && !l.repeats(next.Token)
	})
}

// ended reports whether the value that the change made has surely ended by the time of the
// call: it was deleted, or has expired, and no other update can have come first.
func (l *ledger) ended(o order, c *caller) bool {
	latest := l.told[o.Token].Add(o.expire() + slack)
	expired := o.Expire > 0 && latest.Before(c.asked)
	for _, next := range l.changes[o.id()] {
		told, knows := l.told[next.Token]
		switch {
		case next.Token == o.Token:
		case next.Delete && knows && told.Before(c.asked) && l.before(o.Token, next.Token):
			return true
		case !l.before(next.Token, o.Token) && !l.given[next.Token].After(latest), l.repeats(next.Token):
			expired = false
		}
	}
	return expired
}
