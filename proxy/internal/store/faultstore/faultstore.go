// Package faultstore wraps a store for tests: its calls fail, or are held, where
// a rule says so.
package faultstore

import (
	"context"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Op is one of the store's calls.
type Op uint8

// The calls that a rule can be about.
const (
	Append Op = iota + 1
	Load
	Ping
)

// Moment is when a rule takes effect.
type Moment uint8

const (
	// Before the call reaches the store: with Err, an Append stores nothing.
	Before Moment = iota
	// After the store has done it, where it did it without error: with Err, an
	// Append whose batch is durable is reported as failed. Both look the same to
	// the caller, whose outcome is unknown.
	After
)

// Rule says which calls of one kind are concerned, and what becomes of them.
type Rule struct {
	// Op is the kind of call.
	Op Op
	// ID is the entity; nil for any. A Ping has none, and matches nil alone.
	ID *store.ID
	// Call is which of the calls that match Op and ID, counted from 1 since the
	// rule was added; 0 for each.
	Call int
	// When is the moment.
	When Moment
	// Hold, when not nil, holds the call until the hold is released, or until
	// its context ends, with that error.
	Hold *Hold
	// Err is what the call returns; nil lets it go on.
	Err error
}

// Hold holds calls, and tells when it does.
type Hold struct {
	reached  chan struct{}
	released chan struct{}
	reach    sync.Once
	release  sync.Once
}

// NewHold returns a hold that nobody has reached.
func NewHold() *Hold {
	return &Hold{reached: make(chan struct{}), released: make(chan struct{})}
}

// Reached returns a channel that is closed once a call is held.
func (h *Hold) Reached() <-chan struct{} { return h.reached }

// Release lets the calls go, those to come too.
func (h *Hold) Release() { h.release.Do(func() { close(h.released) }) }

// wait holds the call that makes it. A nil hold does not.
func (h *Hold) wait(ctx context.Context) error {
	if h == nil {
		return nil
	}
	h.reach.Do(func() { close(h.reached) })
	select {
	case <-h.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Store is a store with rules. Several rules may match one call: their holds are
// waited for in the order in which the rules were added, and the first error counts.
type Store struct {
	inner store.Store

	mu    sync.Mutex
	rules []*counted
	calls map[Op]int
}

var _ store.Store = (*Store)(nil)

// counted is a rule and how many calls have matched its Op and ID.
type counted struct {
	Rule

	seen int
}

// Wrap returns the store with the rules. Closing it closes the inner one.
func Wrap(inner store.Store, rules ...Rule) *Store {
	s := &Store{inner: inner, calls: map[Op]int{}}
	s.Add(rules...)
	return s
}

// Add adds rules for the calls that begin from now on.
func (s *Store) Add(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range rules {
		s.rules = append(s.rules, &counted{Rule: rule})
	}
}

// Clear removes all rules. Calls that are held stay so.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Calls returns how many calls of the kind have begun.
func (s *Store) Calls(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// Append appends to the inner store, as the rules allow.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	return s.run(ctx, Append, &id, func() error { return s.inner.Append(ctx, id, batch) })
}

// Load loads from the inner store, as the rules allow. A rule for After takes
// effect once all events were passed on.
func (s *Store) Load(
	ctx context.Context, id store.ID,
	begin func(last int64, snapshot *entity.Snapshot) error, event func(entity.Event) error,
) error {
	return s.run(ctx, Load, &id, func() error { return s.inner.Load(ctx, id, begin, event) })
}

// Ping pings the inner store, as the rules allow.
func (s *Store) Ping(ctx context.Context) error {
	return s.run(ctx, Ping, nil, func() error { return s.inner.Ping(ctx) })
}

// Close closes the inner store.
func (s *Store) Close() error { return s.inner.Close() }

// run makes the call between what the rules ask for before and after it.
func (s *Store) run(ctx context.Context, op Op, id *store.ID, call func() error) error {
	rules := s.match(op, id)
	if err := apply(ctx, rules, Before); err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return apply(ctx, rules, After)
}

// match counts the call and returns the rules that concern it.
func (s *Store) match(op Op, id *store.ID) []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	var rules []Rule
	for _, rule := range s.rules {
		if rule.Op != op || rule.ID != nil && (id == nil || *rule.ID != *id) {
			continue
		}
		rule.seen++
		if rule.Call == 0 || rule.Call == rule.seen {
			rules = append(rules, rule.Rule)
		}
	}
	return rules
}

// apply does what the rules ask for at the moment.
func apply(ctx context.Context, rules []Rule, when Moment) error {
	for _, rule := range rules {
		if rule.When != when {
			continue
		}
		if err := rule.Hold.wait(ctx); err != nil {
			return err
		}
		if rule.Err != nil {
			return rule.Err
		}
	}
	return nil
}
