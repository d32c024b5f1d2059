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

// stored compares the store with what the entities have told: no gap, and no change
// that they do not know.
func (l *ledger) stored(disk *disk, final map[string]string, dead map[string]bool) (problems []error) {
	for _, o := range l.entities() {
		id := store.ID{Persistence: o.Service, Entity: o.Key}
		switch o.Service {
		case journaled:
			problems = append(problems, l.journal(disk, id, final[o.id()], dead[o.id()])...)
		case valued:
			value, err := disk.live.Read(context.Background(), id)
			told := final[o.id()]
			if stored := string(value.Value.GetValue()); stored != told || value.Revision != int64(len(tokens(told))) {
				err = errors.Join(err, fmt.Errorf("%s tells %q, and the store holds %q as revision %d", o.id(), told, stored, value.Revision))
			}
			problems = append(problems, err)
		}
	}
	return problems
}

// journal compares the journal of one entity with what it has told.
func (l *ledger) journal(disk *disk, id store.ID, told string, dead bool) (problems []error) {
	entries := l.journals[id.Entity]
	state := joined(entries)
	for n, entry := range entries {
		if entry.Event.Sequence != int64(n+1) {
			problems = append(problems, fmt.Errorf("%v: the event %d has the sequence %d", id, n+1, entry.Event.Sequence))
		}
	}
	ended := false
	for n, token := range tokens(state) {
		if ended = l.orders[token].Delete; ended && n < len(entries)-1 {
			problems = append(problems, fmt.Errorf("%v goes on behind its end: %q", id, state))
		}
	}
	err := disk.live.Load(context.Background(), id, func(head store.Head) error {
		if s := head.Snapshot; s != nil && string(s.State.GetValue()) != strings.Join(tokens(state)[:s.Sequence], "") {
			return fmt.Errorf("%v: the snapshot of %d is %q", id, s.Sequence, s.State.GetValue())
		}
		if head.Deleted != ended || dead != ended {
			return fmt.Errorf("%v is deleted: %t, tells that it is: %t, and has events that say so: %t", id, head.Deleted, dead, ended)
		}
		return nil
	}, func(entity.Event) error { return nil })
	if state != told {
		problems = append(problems, fmt.Errorf("%v tells %q, and the journal holds %q", id, told, state))
	}
	return append(problems, err)
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

// repeats reports whether the order may be carried out more than once: its answer, or that
// of one from which it follows, may be forgotten by then; or it follows from one to a
// replicated entity, which remembers no key, and which was made again.
func (l *ledger) repeats(token string) bool {
	return once(l.repeatable, token, func() bool { return l.comesAgain(token) })
}

// once answers a question that judge asks again and again, and whose answer stays.
func once(answers map[string]bool, token string, ask func() bool) bool {
	answer, known := answers[token]
	if !known {
		answer = ask()
		answers[token] = answer
	}
	return answer
}

func (l *ledger) comesAgain(token string) bool {
	passed, behind := false, false // a replicated entity; whoever has been answered
	for {
		if l.forgotten(token, behind) {
			return true
		}
		behind = behind || l.orders[token].How == effect
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

// forgotten reports whether the order may come again after its answer is forgotten
// (IDEM-KEEP-003). When a durable one comes nobody knows, nor when one does that comes
// behind the answer.
func (l *ledger) forgotten(token string, behind bool) bool {
	if l.orders[token].How == durably {
		return l.keep < 24*time.Hour
	}
	calls := l.calls[token]
	for n := range calls {
		for _, earlier := range calls[:n] {
			// One of which nobody has heard may have come at any time.
			if behind || calls[n].heard.IsZero() || calls[n].heard.After(earlier.asked.Add(l.keep)) {
				return l.keep < 24*time.Hour
			}
		}
	}
	return false
}

// holds reports whether the entity of the order has carried it out.
func holds(final map[string]string, o order) bool {
	return slices.Contains(tokens(final[o.id()]), o.Token)
}

// ordered finds commands of callers that were carried out in another order than that in
// which they were given, though one was answered before the other was given, or both
// went the same way.
func (l *ledger) ordered(final map[string]string) error {
	for _, a := range l.answered {
		for _, b := range l.answered {
			before := a.answered < b.submitted || a.submitted < b.submitted && a.order.Once == "" && b.order.Once == "" && !a.aside && !b.aside
			if a.method != "Add" || b.method != "Add" || a.err != nil || b.err != nil || !before ||
				a.order.id() != b.order.id() || a.order.Service == replicated || a.order.Service == fleeting || a.order.Token == b.order.Token {
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
func (l *ledger) followed(token string, final map[string]string, dead map[string]bool) error {
	o, parent := l.orders[token], l.parents[token]
	if o.Service == acting || parent.Service != journaled && parent.Service != valued {
		return nil
	}
	switch came, caused := holds(final, o), holds(final, parent); {
	case came && !caused:
		return fmt.Errorf("%s came of %s, which %s does not hold", token, parent.Token, parent.id())
	case caused && !came && o.How == durably && o.Service != replicated && !l.declined[token] && !dead[o.id()] && o.Service != fleeting && l.keep == 24*time.Hour:
		return fmt.Errorf("the durable %s of %s has not come to %s: %q", token, parent.Token, o.id(), final[o.id()])
	default:
		return nil
	}
}
