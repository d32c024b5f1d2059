package storetest

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// mutant is a store with one fault.
type mutant struct {
	*memory.Store

	append func(ctx context.Context, inner *memory.Store, id store.ID, batch store.Batch) error
	load   func(id store.ID) store.ID                // which entity Load reads instead
	event  func(entity.Event, int) []entity.Event    // what Load passes on instead of the nth event
	newest func(*entity.Snapshot) []*entity.Snapshot // and instead of the snapshot
	last   func(int64) int64                         // and instead of the last sequence
	gap    *gap                                      // Append opens it between the steps of its first batch
	live   bool                                      // calls go on after Close and after the context
	closed bool
}

func (m *mutant) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if m.live {
		ctx = context.WithoutCancel(ctx)
	}
	if m.live && m.closed {
		return nil
	}
	if m.gap != nil {
		return m.gap.append(ctx, m.Store, id, batch)
	}
	if m.append != nil {
		return m.append(ctx, m.Store, id, batch)
	}
	return m.Store.Append(ctx, id, batch)
}

func (m *mutant) Load(
	ctx context.Context, id store.ID,
	begin func(store.Head) error, event func(entity.Event) error,
) error {
	if m.live {
		ctx = context.WithoutCancel(ctx)
	}
	if m.load != nil {
		id = m.load(id)
	}
	count := 0
	if m.gap != nil {
		defer func() { m.gap.visit(count) }()
	}
	return m.Store.Load(ctx, id, func(head store.Head) error {
		if m.last != nil {
			head.Last = m.last(head.Last)
		}
		all := []*entity.Snapshot{head.Snapshot}
		if m.newest != nil {
			all = m.newest(head.Snapshot)
		}
		for _, s := range all {
			head.Snapshot = s
			if err := begin(head); err != nil {
				return err
			}
		}
		return nil
	}, func(e entity.Event) error {
		count++
		all := []entity.Event{e}
		if m.event != nil {
			all = m.event(e, count)
		}
		for _, e := range all {
			if err := event(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *mutant) Close() error {
	m.closed = true
	if m.live {
		return nil
	}
	return m.Store.Close()
}

// TestSuiteFindsFaults says of each fault at least one test that finds it.
func TestSuiteFindsFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mutant mutant
		want   string
	}{
		"forgets the snapshot": {
			mutant{newest: func(*entity.Snapshot) []*entity.Snapshot { return []*entity.Snapshot{nil} }},
			"SnapshotHidesWhatItCovers",
		},
		"gives the snapshot twice": {
			mutant{newest: func(s *entity.Snapshot) []*entity.Snapshot { return []*entity.Snapshot{s, s} }},
			"NothingStored",
		},
		"gives no snapshot call": {
			mutant{newest: func(*entity.Snapshot) []*entity.Snapshot { return nil }},
			"NothingStored",
		},
		"forgets the last sequence": {mutant{last: func(int64) int64 { return 0 }}, "AppendAndLoad"},
		"takes one that is not its": {mutant{last: func(last int64) int64 { return last + 1 }}, "NothingStored"},
		"skips one event of many": {
			mutant{event: func(e entity.Event, n int) []entity.Event {
				if n == 256 {
					return nil
				}
				return []entity.Event{e}
			}},
			"SequencesHaveNoGaps",
		},
		"counts from 0": {
			mutant{event: func(e entity.Event, _ int) []entity.Event { e.Sequence--; return []entity.Event{e} }},
			"AppendAndLoad",
		},
		"shortens big payloads": {
			mutant{event: func(e entity.Event, _ int) []entity.Event {
				e.Payload.Value = e.Payload.GetValue()[:min(len(e.Payload.GetValue()), 1<<20-1)]
				return []entity.Event{e}
			}},
			"PayloadsIntact",
		},
		"ends an id at its first NUL": {
			mutant{load: func(id store.ID) store.ID {
				if i := slices.Index([]byte(id.Entity), 0); i > 0 {
					id.Entity = id.Entity[:i]
				}
				return id
			}},
			"IDsNeverMix",
		},
		"stores whatever is expected": {mutant{append: overwrite(nil)}, "ConflictStoresNothing"},
		"lets two writers win":        {mutant{append: overwrite(store.ErrConflict)}, "WritersOnOneEntity"},
		"stores a batch in two steps": {mutant{gap: &gap{visited: make(chan struct{}, 1)}}, "LoadSeesOneMoment"},
		"lives on after Close":        {mutant{live: true}, "Closed"},
		"ignores the context":         {mutant{live: true}, "ContextCanceled"},
		"ignores it while it loads":   {mutant{live: true}, "ContextCanceledDuringLoad"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := test.mutant
			m.Store = memory.New()
			if !fails(t, &m, test.want) {
				t.Errorf("a store that %s passes %s", name, test.want)
			}
		})
	}
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
		one := store.Batch{Expected: batch.Expected + int64(i), Events: []entity.Event{event}}
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

// fails reports whether the store fails the named test.
func fails(t *testing.T, s store.Store, name string) bool {
	t.Helper()
	for _, test := range trials() {
		if test.name != name {
			continue
		}
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() { // of its own, for Fatalf ends it
			defer close(done)
			test.run(trial{r, s})
		}()
		<-done
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.failed
	}
	t.Fatalf("no test is named %s", name)
	return false
}

// recorder is a test whose failure is wanted.
type recorder struct {
	testing.TB

	mu     sync.Mutex
	failed bool
}

func (r *recorder) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Error(...any)          { r.fail() }
func (r *recorder) Errorf(string, ...any) { r.fail() }
func (r *recorder) Fatal(...any)          { r.fail(); runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.fail(); runtime.Goexit() }
