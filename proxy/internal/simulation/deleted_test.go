package simulation

import (
	"fmt"
	"time"

	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// longest is the longest retention that an order asks for: longer than any run.
const longest = 1000 * time.Hour

// deletion is that a caller has learnt of an entity's end: by the answer to the order
// with the token, or, where that is empty, by NOT_FOUND.
type deletion struct {
	token         string
	step, process int
}

// deletions notes what the answer says of the end of an entity.
func (l *ledger) deletions(c *caller) {
	for _, o := range c.carriedOut() {
		if o.Delete && o.mortal() {
			l.deleted[o.id()] = append(l.deleted[o.id()], deletion{o.Token, c.answered, c.process})
		}
	}
	if isNotFound(c.err) && c.order.forwarded() == nil { // Otherwise it may be that of the other.
		id := c.order.id()
		l.deleted[id] = append(l.deleted[id], deletion{"", c.answered, c.process})
	}
}

func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

// risen finds an answer of an entity whose end was known before the call (ES-DEL-006,
// REP-DEL-003). What a call that is keyed gets may be recorded.
func (l *ledger) risen(c *caller) error {
	if c.err != nil && len(c.items) == 0 || c.order.Once != "" {
		return nil // It has failed, as it should.
	}
	id := c.order.id()
	for _, d := range l.deleted[id] {
		// A crash may have lost the end of a replicated entity.
		lasts := c.order.Service == journaled || d.process == c.process || d.token != "" && !l.exposed[d.token]
		if lasts && d.step < c.submitted {
			return fmt.Errorf("call %d was told %q by %s, of whose end a caller knew in step %d", c.number, c.reply, id, d.step)
		}
	}
	return nil
}

// missed finds NOT_FOUND of entities that nobody has asked to end.
func (l *ledger) missed(c *caller) error {
	if !isNotFound(c.err) {
		return nil
	}
	for o := &c.order; o != nil; o = o.forwarded() {
		if l.ending[o.id()] {
			return nil
		}
	}
	return fmt.Errorf("call %d was told %w, and nobody has deleted %s", c.number, c.err, c.order.id())
}

// repeated finds a repeat that did not get the answer that its first call got, though
// the entity may be deleted by then (IDEM-REPEAT-002, IDEM-KEEP-001).
func (l *ledger) repeated(c *caller) error {
	if c.order.Once == "" || c.order.forwarded() != nil || c.err != nil && !isNotFound(c.err) {
		return nil // What else fails a repeat says nothing.
	}
	if c.heard.After(l.given[c.order.Token].Add(l.keep)) {
		return nil // The answer may be forgotten.
	}
	for _, earlier := range l.answered {
		if earlier.answered >= c.submitted {
			return nil
		}
		if earlier.order.Token == c.order.Token && earlier.err == nil && (c.err != nil || c.reply != earlier.reply) {
			return fmt.Errorf("call %d was told %q with %v, and call %d, which it repeats, %q", c.number, c.reply, status.Code(c.err), earlier.number, earlier.reply)
		}
	}
	return nil
}

// remember keeps what the journal holds, before the events of deleted entities go.
func (l *ledger) remember(events map[string][]store.Entry) {
	for key, entries := range events {
		if len(entries) > len(l.journals[key]) {
			l.journals[key] = entries
		}
	}
}

// swept finds events that went before their time, and those that are there after it
// (ES-DEL-007, ES-DEL-008).
func (l *ledger) swept(events map[string][]store.Entry, now time.Time) {
	for key, entries := range l.journals {
		last := l.orders[string(entries[len(entries)-1].Event.Payload.GetValue())]
		told, knows := l.told[last.Token]
		switch gone := len(events[key]) == 0; {
		case gone && (!last.Delete || now.Before(l.given[last.Token].Add(last.retention()))):
			l.problems = append(l.problems, fmt.Errorf("the events of journaled/%s went before their time", key))
		case !gone && last.Delete && knows && now.After(told.Add(last.retention())):
			l.problems = append(l.problems, fmt.Errorf("the events of journaled/%s have not gone", key))
		}
	}
}
