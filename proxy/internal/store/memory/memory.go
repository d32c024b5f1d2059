// Package memory keeps a journal in memory: for tests, and for trying things
// out with --store memory. What it calls durable ends with the process.
package memory

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Store is an open store. It grows without bound.
type Store struct {
	mu       sync.Mutex
	journals map[store.ID]*journal // guarded by mu; nil once closed
}

var _ store.Store = (*Store)(nil)

// journal is what one entity has stored. What it holds is never changed: events
// are only added, and a newer snapshot takes the place of the older one.
type journal struct {
	events   []*anypb.Any // the event of sequence n is at n-1
	snapshot *anypb.Any   // nil when there is none
	covered  int64        // the sequence of snapshot
}

// New returns an empty store. Its owner closes it.
func New() *Store { return &Store{journals: map[store.ID]*journal{}} }

// Append stores a copy of the batch.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if err := batch.Validate(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	events := make([]*anypb.Any, len(batch.Events))
	for i, event := range batch.Events {
		events[i] = clone(event)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journals == nil {
		return store.ErrClosed
	}
	j := s.journals[id]
	if j == nil {
		j = &journal{}
	}
	if at := int64(len(j.events)); at != batch.Expected {
		return store.Conflict(id, batch.Expected, at)
	}
	j.events = append(j.events, events...)
	if batch.Snapshot != nil {
		j.snapshot, j.covered = clone(batch.Snapshot), int64(len(j.events))
	}
	s.journals[id] = j
	return nil
}

// Load passes on copies of what the entity held when Load was called.
func (s *Store) Load(
	ctx context.Context, id store.ID,
	begin func(last int64, snapshot *entity.Snapshot) error, event func(entity.Event) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j, err := s.journal(id)
	if err != nil {
		return err
	}
	var newest *entity.Snapshot
	if j.snapshot != nil {
		newest = &entity.Snapshot{Sequence: j.covered, State: clone(j.snapshot)}
	}
	if err := begin(int64(len(j.events)), newest); err != nil {
		return err
	}
	for i, payload := range j.events[j.covered:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := event(entity.Event{Sequence: j.covered + int64(i) + 1, Payload: clone(payload)}); err != nil {
			return err
		}
	}
	return nil
}

// journal returns the entity's journal as of now. A later Append does not show
// in it, for its slice ends where it ends.
func (s *Store) journal(id store.ID) (journal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journals == nil {
		return journal{}, store.ErrClosed
	}
	if j := s.journals[id]; j != nil {
		return *j, nil
	}
	return journal{}, nil
}

// Ping returns nil until the store is closed.
func (s *Store) Ping(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journals == nil {
		return store.ErrClosed
	}
	return ctx.Err()
}

// Close forgets everything. It does not wait for a Load under way, which has
// what it needs.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journals == nil {
		return store.ErrClosed
	}
	s.journals = nil
	return nil
}

// clone returns a copy; an empty message of nil.
func clone(payload *anypb.Any) *anypb.Any {
	if payload == nil {
		return &anypb.Any{}
	}
	return proto.CloneOf(payload)
}
