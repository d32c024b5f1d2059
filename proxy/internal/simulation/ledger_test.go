package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
