package postgres_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// entries reads what is behind the offset, as "entity sequence", and where to resume.
func entries(t *testing.T, s store.EventLog, after int64) (read []string, resume int64) {
	t.Helper()
	offset := after
	resume, err := s.Events(t.Context(), "cart", after, 1000, func(entry store.Entry) error {
		if entry.Offset <= offset {
			t.Errorf("the offset %d comes after %d", entry.Offset, offset)
		}
		offset = entry.Offset
		read = append(read, fmt.Sprint(entry.Entity, " ", entry.Event.Sequence))
		return nil
	})
	if err != nil || resume < offset {
		t.Errorf("Events() = %d, %v, after the offset %d", resume, err, offset)
	}
	return read, resume
}

// settled waits until no transaction is open that began before now.
func settled(d direct) {
	now := d.number(`SELECT pg_current_xact_id()::text::bigint`)
	d.until(1, `SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint > $1)::int`, now)
}

// A reader that resumes misses no event that was begun earlier and became durable
// later, and is given none meanwhile that would hide it.
func TestLogWaitsForOpenTransactions(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	a, b := two(t, dsn, patience)
	observer, fence, other := connect(t, dsn), claim(t, a, "a", 1), claim(t, b, "b", 2)
	if err := a.Append(t.Context(), cart("before"), numbered(cart("before"), fence, 1)); err != nil {
		t.Fatal(err)
	}
	settled(observer)
	end := blockFirstEvent(t, dsn, a, cart("slow"))
	slow := append1(t, a, cart("slow"), fence)
	observer.untilWaiting(1)
	if err := b.Append(t.Context(), cart("fast"), numbered(cart("fast"), other, 1)); err != nil {
		t.Fatal(err)
	}
	read, resume := entries(t, b, 0)
	if diff := cmp.Diff([]string{"before 1"}, read); diff != "" {
		t.Errorf("while a transaction is open (-want +got)\n%s", diff)
	}
	if again, at := entries(t, b, resume); again != nil || at < resume {
		t.Errorf("resumed at %d it reads %v, and resumes at %d", resume, again, at)
	}
	end("ROLLBACK")
	if err := <-slow; err != nil {
		t.Fatal(err)
	}
	settled(observer)
	rest, _ := entries(t, b, resume)
	if diff := cmp.Diff([]string{"slow 1", "fast 1"}, rest); diff != "" {
		t.Errorf("once it has ended (-want +got)\n%s", diff)
	}
}

// A transaction of somebody else's that is open holds the log up, and hides nothing.
func TestLogWithATransactionHeldOpen(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn})
	fence, observer, other := member(t, s, store.Node{ID: "n"}, 1), connect(t, dsn), connect(t, dsn)
	other.do(`BEGIN`)
	other.number(`SELECT pg_current_xact_id()::text::bigint`)
	if err := s.Append(t.Context(), cart("1"), numbered(cart("1"), fence, 1)); err != nil {
		t.Fatal(err)
	}
	read, resume := entries(t, s, 0)
	if read != nil {
		t.Errorf("read %v, while an older transaction is open", read)
	}
	other.do(`ROLLBACK`)
	settled(observer)
	if read, _ := entries(t, s, resume); len(read) != 1 {
		t.Errorf("read %v, once it has ended", read)
	}
}

// Writers of two proxies and a reader: it reads each event once, those of one entity
// in their order.
func TestLogUnderLoad(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	a, b := two(t, dsn, patience)
	const writers, events = 4, 40
	var group sync.WaitGroup
	for i := range 2 * writers {
		s, fence := a, claimOf(t, a, b, i)
		if i%2 == 1 {
			s = b
		}
		id := cart(strconv.Itoa(i))
		group.Go(func() {
			for n := range int64(events) {
				if err := s.Append(t.Context(), id, numbered(id, fence, n+1)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	seen, resume := map[string]int64{}, int64(0)
	read := func() {
		var err error
		resume, err = a.Events(t.Context(), "cart", resume, 7, func(entry store.Entry) error {
			if seen[entry.Entity]++; entry.Event.Sequence != seen[entry.Entity] {
				return fmt.Errorf("of %s comes event %d after %d", entry.Entity, entry.Event.Sequence, seen[entry.Entity]-1)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for running := true; running && !t.Failed(); {
		select {
		case <-done:
			running = false
		default:
		}
		read()
	}
	settled(connect(t, dsn))
	for range 2 * writers * events {
		read()
	}
	for i := range 2 * writers {
		if n := seen[strconv.Itoa(i)]; n != events {
			t.Errorf("of the entity %d came %d events, want %d", i, n, events)
		}
	}
}

// claimOf claims a shard for the ith writer, of a or of b.
func claimOf(t *testing.T, a, b *postgres.Store, i int) store.Fence {
	t.Helper()
	if i%2 == 1 {
		return claim(t, b, "b", int32(i))
	}
	return claim(t, a, "a", int32(i))
}

// The first error of the callee ends the reading, and it is read again from there.
func TestLogStopsAtAnError(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn})
	fence, id := member(t, s, store.Node{ID: "n"}, 1), cart("1")
	for n := range int64(3) {
		if err := s.Append(t.Context(), id, numbered(id, fence, n+1)); err != nil {
			t.Fatal(err)
		}
	}
	settled(connect(t, dsn))
	stop, calls := errors.New("stop"), 0
	resume, err := s.Events(t.Context(), "cart", 0, 10, func(store.Entry) error {
		if calls++; calls == 2 {
			return stop
		}
		return nil
	})
	if err != stop || calls != 2 { //nolint:errorlint // the contract is: unchanged
		t.Errorf("Events() = %v after %d calls", err, calls)
	}
	if read, _ := entries(t, s, resume); len(read) != 2 {
		t.Errorf("resumed it reads %v, want the second and the third", read)
	}
}

// Tables that were restored into a younger server, whose transactions have smaller
// numbers: offsets go on where they were.
func TestRestoredLog(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn})
	fence, id := member(t, s, store.Node{ID: "n"}, 1), cart("1")
	for n := range int64(2) {
		if err := s.Append(t.Context(), id, numbered(id, fence, n+1)); err != nil {
			t.Fatal(err)
		}
	}
	d := connect(t, dsn)
	d.do(`UPDATE stateward.event SET log_offset = log_offset + (1000000::bigint << 18)`)
	settled(d)
	if read, _ := entries(t, s, 0); read != nil {
		t.Fatalf("read %v: they are not ahead of the server", read)
	}
	for range 2 { // the second finds nothing to do
		s = open(t, postgres.Config{DSN: dsn})
	}
	read, resume := entries(t, s, 0)
	if diff := cmp.Diff([]string{"1 1", "1 2"}, read); diff != "" {
		t.Errorf("restored (-want +got)\n%s", diff)
	}
	if err := s.Append(t.Context(), id, store.Batch{Fence: fence, Expected: 2, Events: make([]entity.Event, 3)}); err != nil {
		t.Fatal(err)
	}
	settled(d)
	read, _ = entries(t, s, resume)
	if diff := cmp.Diff([]string{"1 3", "1 4", "1 5"}, read); diff != "" {
		t.Errorf("what came later (-want +got)\n%s", diff)
	}
}
