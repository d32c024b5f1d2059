package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// acknowledged finds what was acknowledged and is gone.
func (l *ledger) acknowledged(c *caller, final map[string]string, dead map[string]bool) error {
	for _, o := range c.carriedOut() {
		switch {
		case o.Service == acting || o.Service == fleeting || holds(final, o) || o.Service == replicated && dead[o.id()]:
		case l.exposed[o.Token]:
			if !slices.Contains(l.lost, o.Token) {
				l.lost = append(l.lost, o.Token)
			}
		default:
			return fmt.Errorf("%s of call %d was acknowledged and is not in %s: %q", o.Token, c.number, o.id(), final[o.id()])
		}
	}
	return nil
}

// replied finds an answer that no history of the entity explains.
func (l *ledger) replied(c *caller, final map[string]string) error {
	last := c.order
	if all := c.carriedOut(); len(all) > 0 {
		last = all[len(all)-1]
	}
	if c.err != nil || c.method == "Watch" {
		return nil //nolint:nilerr // what a failed call may leave is looked at elsewhere
	}
	own := tokens(c.reply)
	switch {
	case last.Service == acting:
		if c.reply != last.Token {
			return fmt.Errorf("call %d of an action was told %q", c.number, c.reply)
		}
		return nil
	case c.method == "Add" && !slices.Contains(own, last.Token):
		return fmt.Errorf("call %d was told %q, without its own %s", c.number, c.reply, last.Token)
	case last.Service == fleeting:
		return nil // It is looked at elsewhere.
	case last.Service == replicated:
	case !strings.HasPrefix(final[last.id()], c.reply):
		return fmt.Errorf("call %d was told %q, and %s has become %q", c.number, c.reply, last.id(), final[last.id()])
	case c.method == "Add" && own[len(own)-1] != last.Token:
		return fmt.Errorf("call %d was told %q, which goes on behind its own %s", c.number, c.reply, last.Token)
	}
	if last.Once != "" || c.order.Once != "" {
		return nil // It may be the answer of long ago.
	}
	return l.fresh(c, last, own)
}

// fresh finds an answer that does not know what was acknowledged before its call.
func (l *ledger) fresh(c *caller, last order, own []string) error {
	for _, earlier := range l.answered {
		if earlier.answered >= c.submitted {
			break // They are in the order of their answers.
		}
		for _, o := range earlier.carriedOut() {
			// Of a replicated entity a crash may have lost it.
			if o.id() == last.id() && !slices.Contains(own, o.Token) && (o.Service != replicated || earlier.process == c.process || !l.exposed[o.Token]) {
				return fmt.Errorf("call %d was told %q, without %s, which call %d was told before", c.number, c.reply, o.Token, earlier.number)
			}
		}
	}
	return nil
}

// streamed finds what a caller that watches was given, and that does not go on from what
// it was given before, or from what was acknowledged before its call.
func (l *ledger) streamed(c *caller) error {
	var last []string
	for n, item := range c.items {
		own := tokens(item)
		for _, token := range last {
			if !slices.Contains(own, token) {
				return fmt.Errorf("item %d of call %d is %q, without %s", n, c.number, item, token)
			}
		}
		if err := l.plausible(c.order.id(), item); err != nil {
			return fmt.Errorf("item %d of call %d: %w", n, c.number, err)
		}
		if err := l.fresh(c, c.order, own); err != nil {
			return err
		}
		last = own
	}
	return nil
}

// refused finds a command that the domain refused, and that was carried out.
func (l *ledger) refused(c *caller, final map[string]string) error {
	if o := c.order; isRefusal(c.err) && c.method == "Add" && o.Once == "" && o.forwarded() == nil && holds(final, o) {
		return fmt.Errorf("%s of call %d was refused, and %s holds it", o.Token, c.number, o.id())
	}
	return nil
}

// isRefusal reports whether the domain has refused.
func isRefusal(err error) bool {
	_, is := errors.AsType[*entity.Failure](err)
	return is
}
