package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// ledger is the plain model: what callers asked for and were told, from which it
// follows what every entity has to hold.
type ledger struct {
	// orders are all that were ever given, by their tokens, those that follow from
	// others too, and parents are the orders from which they follow.
	orders, parents map[string]order
	// calls are, by the tokens of their orders, those that change something, and keep is
	// how long the answers of keyed ones are kept.
	calls map[string][]*caller
	keep  time.Duration
	// answered are the calls that were answered, in the order of their answers.
	answered []*caller
	// changes are, by the ids of entities, what was ordered of them.
	changes map[string][]order
	// given is when an order was first given, and told when a caller first knew that it
	// was carried out, by its token.
	given, told map[string]time.Time

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

	// ending are the entities that somebody has asked to end, and deleted what callers
	// have learnt of their ends, by their ids. Journals is, by its key, what the journal
	// has held of an event sourced entity.
	ending   map[string]bool
	deleted  map[string][]deletion
	journals map[string][]store.Entry
	// repeatable and replaced are what judge has found out of orders, by their tokens:
	// whether one may be carried out again, and whether its value was replaced in time.
	repeatable, replaced map[string]bool
	// problems are those that were found on the way.
	problems []error
}

func newLedger() *ledger {
	return &ledger{
		orders: map[string]order{}, parents: map[string]order{}, changes: map[string][]order{}, calls: map[string][]*caller{}, given: map[string]time.Time{}, told: map[string]time.Time{},
		saved: map[string]int{}, exposed: map[string]bool{}, declined: map[string]bool{},
		repeatable: map[string]bool{}, replaced: map[string]bool{},
		ending: map[string]bool{}, deleted: map[string][]deletion{}, journals: map[string][]store.Entry{},
	}
}

// know notes what a call may bring about.
func (l *ledger) know(c *caller, now time.Time) {
	if c.method == "Add" {
		l.learn(c.order, now)
		l.calls[c.order.Token] = append(l.calls[c.order.Token], c)
	}
}

func (l *ledger) learn(o order, now time.Time) {
	if _, again := l.orders[o.Token]; again {
		return
	}
	l.orders[o.Token], l.given[o.Token] = o, now
	l.changes[o.id()] = append(l.changes[o.id()], o)
	if o.Delete && o.mortal() {
		l.ending[o.id()] = true
	}
	for _, then := range o.Then {
		l.parents[then.Token] = o
		l.learn(then, now)
	}
}

// answer notes what a caller was told.
func (l *ledger) answer(c *caller, now time.Time) {
	l.answered = append(l.answered, c)
	for _, o := range c.carriedOut() {
		if _, again := l.told[o.Token]; !again {
			l.told[o.Token] = now
		}
	}
	l.deletions(c)
}

// crash notes which changes the end of the process may lose: those which the store
// has had no time to take.
func (l *ledger) crash(process int, now time.Time) {
	for _, c := range l.answered {
		for _, o := range c.carriedOut() {
			at := l.told[o.Token]
			if o.Service != replicated || o.All || c.process != process || l.saved[o.id()] > c.answered {
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
	final, dead, problems := l.final()
	problems = append(problems, l.problems...)
	for _, name := range disk.stray {
		problems = append(problems, fmt.Errorf("%s was taken of a proxy that had lost the right to write", name))
	}
	problems = append(problems, l.stored(disk, final, dead)...)
	for id, state := range final {
		problems = append(problems, l.plausible(id, state))
	}
	for _, c := range l.answered {
		problems = append(problems, l.acknowledged(c, final, dead), l.replied(c, final), l.refused(c, final), l.streamed(c),
			l.risen(c), l.missed(c), l.repeated(c), l.fleets(c))
	}
	problems = append(problems, l.ordered(final))
	for token := range l.parents {
		problems = append(problems, l.followed(token, final, dead))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return errors.Join(problems...)
}

// entities are the orders that read whatever was changed, one for each entity.
func (l *ledger) entities() (reads []order) {
	seen := map[string]order{}
	for _, o := range l.orders {
		if o.Service != acting {
			seen[o.id()] = order{Service: o.Service, Key: o.Key}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		reads = append(reads, seen[id])
	}
	return reads
}

// final is what each entity has told at the end, by its id, and which were dead. What a
// dead one had told stands in its journal; of a replicated one there is nothing.
func (l *ledger) final() (final map[string]string, dead map[string]bool, problems []error) {
	final, dead = map[string]string{}, map[string]bool{}
	for _, c := range l.answered {
		id := c.order.id()
		switch {
		case !c.last:
		case isNotFound(c.err):
			dead[id], final[id] = true, ""
			if c.order.Service == journaled {
				final[id] = joined(l.journals[c.order.Key])
			}
		case c.err != nil:
			problems = append(problems, fmt.Errorf("%s tells nothing at the end: %w", id, c.err))
		default:
			final[id] = c.reply
		}
	}
	return final, dead, problems
}

// joined is the state that the events make.
func joined(entries []store.Entry) string {
	var state strings.Builder
	for _, entry := range entries {
		state.Write(entry.Event.Payload.GetValue())
	}
	return state.String()
}
