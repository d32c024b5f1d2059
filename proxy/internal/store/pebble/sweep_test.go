package pebble

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// keysIn returns how many keys the space has.
func keysIn(t *testing.T, s *Store, space byte) (count int) {
	t.Helper()
	iter, err := s.iterate([]byte{space}, []byte{space + 1})
	if err != nil {
		t.Fatal(err)
	}
	defer iter.Close()
	for iter.First(); iter.Valid(); iter.Next() {
		count++
	}
	return count
}

// sweepAll sweeps to the end, and returns how often it took and what it was told.
func sweepAll(t *testing.T, s *Store) (sweeps int, errs error) {
	t.Helper()
	for more := true; more && sweeps < 100; sweeps++ {
		var err error
		more, err = s.Sweep(t.Context())
		errs = errors.Join(errs, err)
	}
	return sweeps, errs
}

// TestSweepByParts deletes an entity of more events than one Sweep removes, beside more
// answers than one looks at. It covers ES-DEL-008 and ES-DEL-006: all goes but the fact.
func TestSweepByParts(t *testing.T) {
	t.Parallel()
	files := vfs.NewMem()
	now := time.UnixMilli(1_790_000_000_000)
	config := Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler), Clock: func() time.Time { return now }}
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	id := store.ID{Persistence: "cart", Entity: "1"}
	batch := store.Batch{Events: make([]entity.Event, 2*sweepLimit+5), Delete: &entity.Delete{}}
	for i := range sweepLimit + 5 {
		batch.Beside.Records = append(batch.Beside.Records, store.Record{Key: string(rune('a' + i)), Expires: now.Add(1)})
	}
	if err := s.Append(t.Context(), id, batch); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	if sweeps, err := sweepAll(t, s); err != nil || sweeps < 3 {
		t.Errorf("%d sweeps, %v; want several, without error", sweeps, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(config); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for space, want := range map[byte]int{spaceEntities: 1, spaceLog: 0, spaceDue: 0} {
		if got := keysIn(t, s, space); got != want {
			t.Errorf("the space %d has %d keys, want %d", space, got, want)
		}
	}
	if err := s.Append(t.Context(), id, store.Batch{Expected: int64(len(batch.Events)), Events: make([]entity.Event, 1)}); !errors.Is(err, store.ErrDeleted) {
		t.Errorf("Append() = %v, want ErrDeleted", err)
	}
}

// TestSweepLeavesNothingDue: a value that is written again and again has one end.
func TestSweepLeavesNothingDue(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range int64(5) {
		change := store.Change{Expected: i, Actions: 1, Update: payloadOf("v"), ExpireAfter: time.Duration(i+1) * time.Hour}
		if err := s.Write(t.Context(), store.ID{Entity: "1"}, change); err != nil {
			t.Fatal(err)
		}
	}
	if got := keysIn(t, s, spaceDue); got != 1 {
		t.Errorf("%d ends are noted of one value", got)
	}
	if err := s.Write(t.Context(), store.ID{Entity: "1"}, store.Change{Expected: 5, Actions: 1}); err != nil {
		t.Fatal(err)
	}
	if got := keysIn(t, s, spaceDue); got != 0 {
		t.Errorf("%d ends are noted of a value that is deleted", got)
	}
}

// TestSweepGoesOnBehindDamage: one entity that is corrupt does not keep the others.
func TestSweepGoesOnBehindDamage(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	broken, whole := store.ID{Persistence: "cart", Entity: "broken"}, store.ID{Persistence: "cart", Entity: "whole"}
	for _, id := range []store.ID{broken, whole} {
		if err := s.Append(t.Context(), id, store.Batch{Events: make([]entity.Event, 3), Delete: &entity.Delete{}}); err != nil {
			t.Fatal(err)
		}
	}
	damage(t, s, eventKey(appendPrefix(nil, broken), 2), []byte("damaged"))
	more, err := s.Sweep(t.Context())
	if more || !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Sweep() = %v, %v, want ErrCorrupt", more, err)
	}
	if got := keysIn(t, s, spaceLog); got != 3 {
		t.Errorf("the log has %d entries, want those of the damaged entity", got)
	}
}
