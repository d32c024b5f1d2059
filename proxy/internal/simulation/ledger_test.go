package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// ledger is the plain model: what callers asked for and were told, from which it
// follows what every entity has to hold.
type ledger struct {
	// orders are all that were ever given, by their tokens, those that follow from
	// others too, and parents are the orders from which they follow.
	orders, parents map[string]order
	// answered are the calls that were answered, in the order of their answers.
	answered []*caller
	// at is when a LOCAL change was acknowledged, by its token.
	at map[string]time.Time

	// saved is, by entity, the step in which the newest copy was taken that the store
	// has. Trouble is when a write of copies was last open, or has failed.
	saved   map[string]int
	trouble time.Time
	// exposed are the LOCAL changes that a crash may have lost, and lost those that it
	// has.
	exposed map[string]bool
	lost    []string
	// declined are the orders that the function has refused at least once.
	declined map[string]bool
}

func newLedger() *ledger {
	return &ledger{
		orders: map[string]order{}, parents: map[string]order{}, at: map[string]time.Time{},
		saved: map[string]int{}, exposed: map[string]bool{}, declined: map[string]bool{},
	}
}

// know notes what a call may bring about.
func (l *ledger) know(c *caller) {
	if c.method == "Add" {
		l.learn(c.order)
	}
}

func (l *ledger) learn(o order) {
	l.orders[o.Token] = o
	for _, then := range o.Then {
		l.parents[then.Token] = o
		l.learn(then)
	}
}

// answer notes what a caller was told.
func (l *ledger) answer(c *caller, now time.Time) {
	l.answered = append(l.answered, c)
	for _, o := range c.carriedOut() {
		if o.Service == replicated && !o.All {
			l.at[o.Token] = now
		}
	}
}

// crash notes which changes the end of the process may lose: those which the store
// has had no time to take.
func (l *ledger) crash(process int, now time.Time) {
	for _, c := range l.answered {
		for _, o := range c.carriedOut() {
			at, local := l.at[o.Token]
			if !local || c.process != process || l.saved[o.id()] > c.answered {
				continue
			}
			if l.trouble.After(at) {
				at = l.trouble
			}
			if now.Sub(at) <= flushInterval+time.Millisecond {
				l.exposed[o.Token] = true
			}
		}
	}
}

// carriedOut are the orders that a caller knows to be carried out: its own, and those to
// which it was forwarded.
func (c *caller) carriedOut() []order {
	if c.err != nil || c.method != "Add" {
		return nil
	}
	all := []order{c.order}
	for to := c.order.forwarded(); to != nil; to = to.forwarded() {
		all = append(all, *to)
	}
	return all
}

// judge compares what the entities hold, and what callers were told, with the model.
func (l *ledger) judge(disk *disk) error {
	final := l.final()
	problems := l.stored(disk, final)
	for id, state := range final {
		problems = append(problems, l.plausible(id, state))
	}
	for _, c := range l.answered {
		problems = append(problems, l.acknowledged(c, final), l.replied(c, final), l.refused(c, final), l.streamed(c))
	}
	problems = append(problems, l.ordered(final))
	for token := range l.parents {
		problems = append(problems, l.followed(token, final))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return errors.Join(problems...)
}

// final is what each entity has told at the end, by its id.
func (l *ledger) final() map[string]string {
	final := map[string]string{}
	for _, c := range l.answered[len(l.answered)-9:] {
		final[c.order.id()] = c.reply
	}
	return final
}

// stored compares the store with what the entities have told: no gap, and no change
// that they do not know.
func (l *ledger) stored(disk *disk, final map[string]string) (problems []error) {
	events, err := disk.events(journaled)
	if err != nil {
		return []error{err}
	}
	for _, key := range []string{"a", "b", "c"} {
		var all strings.Builder
		for n, entry := range events[key] {
			all.Write(entry.Event.Payload.GetValue())
			if entry.Event.Sequence != int64(n+1) {
				problems = append(problems, fmt.Errorf("journaled/%s: the event %d has the sequence %d", key, n+1, entry.Event.Sequence))
			}
		}
		state, id := all.String(), store.ID{Persistence: journaled, Entity: key}
		err := disk.live.Load(context.Background(), id, func(head store.Head) error {
			if s := head.Snapshot; s != nil && string(s.State.GetValue()) != strings.Join(tokens(state)[:s.Sequence], "") {
				return fmt.Errorf("%v: the snapshot of %d is %q", id, s.Sequence, s.State.GetValue())
			}
			return nil
		}, func(entity.Event) error { return nil })
		value, errRead := disk.live.Read(context.Background(), store.ID{Persistence: valued, Entity: key})
		problems = append(problems, err, errRead)
		if told := final[journaled+"/"+key]; state != told {
			problems = append(problems, fmt.Errorf("journaled/%s tells %q, and the journal holds %q", key, told, state))
		}
		told := final[valued+"/"+key]
		if stored := string(value.Value.GetValue()); stored != told || value.Revision != int64(len(tokens(told))) {
			problems = append(problems, fmt.Errorf("valued/%s tells %q, and the store holds %q as revision %d", key, told, stored, value.Revision))
		}
	}
	return problems
}

// plausible finds what nobody has ordered of the entity, or what is there twice.
func (l *ledger) plausible(id, state string) error {
	seen := map[string]bool{}
	for _, token := range tokens(state) {
		o, known := l.orders[token]
		if !known || o.id() != id || seen[token] && !l.repeats(token) {
			return fmt.Errorf("%s holds %q, which is unknown or doubled: %q", id, token, state)
		}
		seen[token] = true
	}
	return nil
}

// repeats reports whether the order may be carried out more than once: it follows from
// one to a replicated entity, which remembers no key, and which was made again.
func (l *ledger) repeats(token string) bool {
	passed := false
	for {
		o, follows := l.parents[token]
		if !follows {
			return passed && l.orders[token].Once != ""
		}
		token, passed = o.Token, passed || o.Service == replicated
		if passed && o.How == durably {
			return true
		}
	}
}

// holds reports whether the entity of the order has carried it out.
func holds(final map[string]string, o order) bool {
	return slices.Contains(tokens(final[o.id()]), o.Token)
}

// acknowledged finds what was acknowledged and is gone.
func (l *ledger) acknowledged(c *caller, final map[string]string) error {
	for _, o := range c.carriedOut() {
		switch {
		case o.Service == acting || holds(final, o):
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

// ordered finds commands of callers that were carried out in another order than that in
// which they were given, though one was answered before the other was given, or both
// went the same way.
func (l *ledger) ordered(final map[string]string) error {
	for _, a := range l.answered {
		for _, b := range l.answered {
			before := a.answered < b.submitted || a.submitted < b.submitted && a.order.Once == "" && b.order.Once == ""
			if a.method != "Add" || b.method != "Add" || a.err != nil || b.err != nil || !before ||
				a.order.id() != b.order.id() || a.order.Service == replicated || a.order.Token == b.order.Token {
				continue
			}
			state := tokens(final[a.order.id()])
			first, second := slices.Index(state, a.order.Token), slices.Index(state, b.order.Token)
			if first > second && second >= 0 && b.order.Once == "" {
				return fmt.Errorf("%s stands behind %s in %s: %q", a.order.Token, b.order.Token, a.order.id(), final[a.order.id()])
			}
		}
	}
	return nil
}

// followed finds a side effect without its cause, and a durable one that never came.
func (l *ledger) followed(token string, final map[string]string) error {
	o, parent := l.orders[token], l.parents[token]
	if o.Service == acting || parent.Service != journaled && parent.Service != valued {
		return nil
	}
	switch came, caused := holds(final, o), holds(final, parent); {
	case came && !caused:
		return fmt.Errorf("%s came of %s, which %s does not hold", token, parent.Token, parent.id())
	case caused && !came && o.How == durably && o.Service != replicated && !l.declined[token]:
		return fmt.Errorf("the durable %s of %s has not come to %s: %q", token, parent.Token, o.id(), final[o.id()])
	default:
		return nil
	}
}
