package storetest

import (
	"context"
	"errors"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func journalFaults() map[string]fault {
	gap := &gap{visited: make(chan struct{}, 1)}
	return map[string]fault{
		"forgets the snapshot":      {mutant{head: heads(func(h *store.Head) { h.Snapshot = nil })}, "SnapshotHidesWhatItCovers"},
		"begins twice":              {mutant{head: func(h store.Head) []store.Head { return []store.Head{h, h} }}, "NothingStored"},
		"does not begin":            {mutant{head: func(store.Head) []store.Head { return nil }}, "NothingStored"},
		"forgets the last sequence": {mutant{head: heads(func(h *store.Head) { h.Last = 0 })}, "AppendAndLoad"},
		"takes one that is not its": {mutant{head: heads(func(h *store.Head) { h.Last++ })}, "NothingStored"},
		"skips one event of many": {mutant{event: func(e entity.Event, n int) []entity.Event {
			if n == 256 {
				return nil
			}
			return []entity.Event{e}
		}}, "SequencesHaveNoGaps"},
		"counts from 0":                {mutant{event: eachEvent(func(e *entity.Event) { e.Sequence-- })}, "AppendAndLoad"},
		"keeps the caller's sequences": {mutant{append: keepSequences}, "SequencesAreTheStores"},
		"takes a snapshot for one of the end": {mutant{append: batches(func(b *store.Batch) {
			if b.Snapshot != nil {
				b.Snapshot = &entity.Snapshot{Sequence: b.Expected + int64(len(b.Events)), State: b.Snapshot.State}
			}
		})}, "SnapshotInTheMidst"},
		"keeps the first snapshot": {mutant{append: batches(func(b *store.Batch) {
			if b.Expected > 0 {
				b.Snapshot = nil
			}
		})}, "NewestSnapshotWins"},
		"forgets what stands alone": {mutant{snapshot: func(
			context.Context, *memory.Store, store.ID, store.Fence, entity.Snapshot,
		) error {
			return nil
		}}, "SnapshotAlone"},
		"keeps the older of two": {onlyFirstSnapshot(), "SnapshotAlone"},
		"takes snapshots of nothing": {mutant{snapshot: func(
			ctx context.Context, s *memory.Store, id store.ID, fence store.Fence, shot entity.Snapshot,
		) error {
			_ = s.Snapshot(ctx, id, fence, shot)
			return nil
		}}, "SnapshotOfNothing"},
		"stores whatever is expected": {mutant{append: overwrite(nil)}, "ConflictStoresNothing"},
		"lets two writers win":        {mutant{append: overwrite(store.ErrConflict)}, "WritersOnOneEntity"},
		"stores a batch in two steps": {mutant{append: gap.append, visited: gap.visit}, "LoadSeesOneMoment"},
		"takes a broken batch": {mutant{append: func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
			if b.Validate() == nil {
				return s.Append(ctx, id, b)
			}
			return nil
		}}, "BrokenBatchStoresNothing"},
		"loses a batch among many": {loseOneOfMany(), "WritersOnManyEntities"},

		"forgets a deletion": {mutant{head: heads(func(h *store.Head) { h.Deleted = false })}, "DeletedForEver"},
		"takes writes after it": {mutant{append: func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
			if err := s.Append(ctx, id, b); !errors.Is(err, store.ErrDeleted) {
				return err
			}
			return nil
		}}, "DeletedForEver"},
		"deletes all": {mutant{head: heads(func(h *store.Head) { h.Deleted, h.Snapshot = true, nil })}, "DeletedForEver"},
		"drops the events beside a deletion": {mutant{append: batches(func(b *store.Batch) {
			if b.Delete != nil {
				b.Events = nil
			}
		})}, "DeletedWithItsLastEvents"},
		"deletes whatever is expected": {mutant{append: overwrite(store.ErrConflict)}, "ConflictDeletesNothing"},
	}
}

func heads(change func(*store.Head)) func(store.Head) []store.Head {
	return func(h store.Head) []store.Head { change(&h); return []store.Head{h} }
}

func eachEvent(change func(*entity.Event)) func(entity.Event, int) []entity.Event {
	return func(e entity.Event, _ int) []entity.Event { change(&e); return []entity.Event{e} }
}

// batches appends each batch after a change.
func batches(change func(*store.Batch)) func(context.Context, *memory.Store, store.ID, store.Batch) error {
	return func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
		change(&b)
		return s.Append(ctx, id, b)
	}
}

// keepSequences refuses events that do not say which they are.
func keepSequences(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
	for i, event := range b.Events {
		if event.Sequence != b.Expected+int64(i)+1 {
			return errors.New("a sequence is missing")
		}
	}
	return s.Append(ctx, id, b)
}

// onlyFirstSnapshot takes one alone for each entity.
func onlyFirstSnapshot() mutant {
	taken := false
	return mutant{snapshot: func(ctx context.Context, s *memory.Store, id store.ID, f store.Fence, shot entity.Snapshot) error {
		if taken {
			return nil
		}
		taken = true
		return s.Snapshot(ctx, id, f, shot)
	}}
}

// loseOneOfMany says of one batch that it is stored.
func loseOneOfMany() mutant {
	var mu sync.Mutex
	count := 0
	return mutant{append: func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
		mu.Lock()
		count++
		lost := count == 100
		mu.Unlock()
		if lost {
			return nil
		}
		return s.Append(ctx, id, b)
	}}
}

// overwrite appends at the end whatever the batch expects; where that is not
// what it expects, it returns the error.
func overwrite(conflict error) func(context.Context, *memory.Store, store.ID, store.Batch) error {
	var mu sync.Mutex
	at := map[store.ID]int64{}
	return func(ctx context.Context, inner *memory.Store, id store.ID, batch store.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		expected := batch.Expected
		batch.Expected = at[id]
		batch.Snapshot = nil
		if err := inner.Append(ctx, id, batch); err != nil {
			return err
		}
		at[id] += int64(len(batch.Events))
		if expected != batch.Expected {
			return conflict
		}
		return nil
	}
}

// gap is the time between the two steps of a batch that should have but one.
type gap struct {
	visited chan struct{}
	once    sync.Once
}

// append stores each event by itself. In its first batch it waits between the
// two for a Load that sees one of them.
func (g *gap) append(ctx context.Context, inner *memory.Store, id store.ID, batch store.Batch) error {
	for i, event := range batch.Events {
		one := store.Batch{Fence: batch.Fence, Expected: batch.Expected + int64(i), Events: []entity.Event{event}}
		if i == len(batch.Events)-1 {
			one.Snapshot = batch.Snapshot
		}
		if err := inner.Append(ctx, id, one); err != nil {
			return err
		}
		g.once.Do(func() { <-g.visited })
	}
	return nil
}

// visit says that a Load has passed on so many events, of batches of two.
func (g *gap) visit(count int) {
	if count%2 == 0 {
		return
	}
	select {
	case g.visited <- struct{}{}:
	default: // not the first
	}
}
