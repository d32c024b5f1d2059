// Package faultstore wraps a store for tests: its calls fail, are torn, are slow or
// are held, where a rule says so.
package faultstore

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Op is one of the store's calls.
type Op uint8

// The calls that a rule can be about: those of one entity, those of the node, and
// those of the store as a whole.
const (
	Append Op = iota + 1
	Load
	Snapshot
	Write
	Read
	Record
	Delivered
	Park
	Replica

	Save
	Join
	Renew
	Claim
	Release
	Leave

	Effects
	Events
	Kind
	Stored
	Sweep
	Ping
)

// Moment is when a rule takes effect.
type Moment uint8

const (
	// Before the call reaches the store: with Err, a write stores nothing.
	Before Moment = iota
	// After the store has done it, where it did it without error: with Err, a write
	// that is durable is reported as failed. Both look the same to the caller, whose
	// outcome is unknown.
	After
	// Torn is in the midst of it. A write of one entity stores nothing that can be
	// read, and leaves the entity corrupt until Mend. A call that passes things on
	// ends before the last of them. With any other call it is as Before. Without Err
	// it is store.ErrCorrupt.
	Torn
)

// ErrFull is what a disk without room says.
var ErrFull = fmt.Errorf("faultstore: write: %w", syscall.ENOSPC)

// Rule says which calls of one kind are concerned, and what becomes of them.
type Rule struct {
	// Op is the kind of call.
	Op Op
	// ID is the entity; nil for any. Calls of the node and of the store have none, and
	// match nil alone.
	ID *store.ID
	// Call is which of the calls that match Op and ID, counted from 1 since the
	// rule was added; 0 for each.
	Call int
	// When is the moment.
	When Moment
	// Delay is how long the call takes longer, or until its context ends, with that
	// error.
	Delay time.Duration
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
	torn  map[store.ID]bool
}

var _ store.Store = (*Store)(nil)

// counted is a rule and how many calls have matched its Op and ID.
type counted struct {
	Rule

	seen int
}

// Wrap returns the store with the rules. Closing it closes the inner one.
func Wrap(inner store.Store, rules ...Rule) *Store {
	s := &Store{inner: inner, calls: map[Op]int{}, torn: map[store.ID]bool{}}
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

// Mend makes the entities whole again that a torn write has left corrupt: they are as
// they were before it.
func (s *Store) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.torn)
}

// Calls returns how many calls of the kind have begun.
func (s *Store) Calls(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}
