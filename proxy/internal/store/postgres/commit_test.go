package postgres_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// append1 starts an append of the entity's first event.
func append1(t *testing.T, s *postgres.Store, id store.ID, fence store.Fence) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Append(t.Context(), id, numbered(id, fence, 1)) }()
	return done
}

// group holds the committer with one append, lets the appends come meanwhile, which
// are then one batch, and returns what has become of them. Then is called once that is
// on its way.
func group(
	t *testing.T, dsn string, s *postgres.Store, fence store.Fence, appends map[string]func() error, then func(direct),
) map[string]error {
	t.Helper()
	observer := connect(t, dsn)
	end := blockFirstEvent(t, dsn, s, cart("first"))
	first := append1(t, s, cart("first"), fence)
	observer.untilWaiting(1)
	outcomes := map[string]chan error{}
	for name, call := range appends {
		outcome := make(chan error, 1)
		outcomes[name] = outcome
		go func() { outcome <- call() }()
	}
	postgres.UntilQueued(s, len(appends))
	end("ROLLBACK")
	if err := <-first; err != nil {
		t.Errorf("the append that held the others: %v", err)
	}
	then(observer)
	got := map[string]error{}
	for name, outcome := range outcomes {
		got[name] = <-outcome
	}
	return got
}

// Of many writes in one statement only the offenders fail, each for its own reason.
func TestOnlyTheOffenderFails(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	fence := member(t, s, store.Node{ID: "n"}, 1)
	other := claim(t, s, "n", 2)
	gone := cart("gone")
	if err := s.Append(t.Context(), gone, store.Batch{Fence: fence, Delete: &entity.Delete{}}); err != nil {
		t.Fatal(err)
	}
	appends, want := map[string]func() error{}, map[string]error{}
	for i := range 10 {
		id := cart(strconv.Itoa(i))
		appends[id.Entity] = func() error { return s.Append(t.Context(), id, numbered(id, []store.Fence{fence, other}[i%2], 1)) }
		want[id.Entity] = nil
	}
	appends["conflict"] = func() error { return s.Append(t.Context(), cart("c"), numbered(cart("c"), fence, 5)) }
	appends["fenced"] = func() error { return s.Append(t.Context(), cart("f"), numbered(cart("f"), store.Fence{Shard: 2}, 1)) }
	appends["deleted"] = func() error { return s.Append(t.Context(), gone, numbered(gone, fence, 1)) }
	appends["value"] = func() error {
		return s.Write(t.Context(), cart("v"), store.Change{Fence: fence, Actions: 1, Update: &anypb.Any{}})
	}
	appends["stale value"] = func() error {
		return s.Write(t.Context(), cart("w"), store.Change{Fence: fence, Expected: 3, Actions: 1})
	}
	want["conflict"], want["fenced"], want["deleted"] = store.ErrConflict, store.ErrFenced, store.ErrDeleted
	want["value"], want["stale value"] = nil, store.ErrConflict
	got := group(t, dsn, s, fence, appends, func(direct) {})
	if n := connect(t, dsn).number(`SELECT count(DISTINCT log_offset >> 18) FROM stateward.event`); n != 2 {
		t.Errorf("%d transactions stored events, want that of the first append and one for all others", n)
	}
	for name, err := range want {
		if !errors.Is(got[name], err) || err == nil && got[name] != nil {
			t.Errorf("%s: %v, want %v", name, got[name], err)
		}
	}
	for i := range 10 {
		if at, err := last(t.Context(), s, cart(strconv.Itoa(i))); at != 1 || err != nil {
			t.Errorf("entity %d has %d events, %v", i, at, err)
		}
	}
}

// Another writer is first while the statement runs: the batch is tried write by write,
// and only one fails.
func TestDuplicateKeyFailsOneWrite(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	fence := member(t, s, store.Node{ID: "n"}, 1)
	end := blockFirstEvent(t, dsn, s, cart("taken"))
	appends := map[string]func() error{}
	for _, key := range []string{"a", "taken", "b"} {
		appends[key] = func() error { return s.Append(t.Context(), cart(key), numbered(cart(key), fence, 1)) }
	}
	got := group(t, dsn, s, fence, appends, func(observer direct) {
		observer.untilWaiting(1)
		end("COMMIT")
	})
	if err := got["taken"]; !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "is at 1, not at 0") {
		t.Errorf("Append to an entity that another has written = %v, want ErrConflict", err)
	}
	for _, key := range []string{"a", "b"} {
		if at, err := last(t.Context(), s, cart(key)); at != 1 || err != nil || got[key] != nil {
			t.Errorf("%s: %v, and %d events, %v", key, got[key], at, err)
		}
	}
}

// A shard whose row is held too long holds up the writes to its own entities alone.
func TestHeldShard(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, LockTimeout: 200 * time.Millisecond, StatementTimeout: patience})
	fence := member(t, s, store.Node{ID: "n"}, 1)
	held := claim(t, s, "n", 2)
	other := connect(t, dsn)
	other.do(`BEGIN`)
	other.do(`SELECT FROM stateward.shard WHERE id = 2 FOR UPDATE`)
	stuck := []<-chan error{append1(t, s, cart("a"), held), append1(t, s, cart("b"), held)}
	free := append1(t, s, cart("c"), fence)
	for _, done := range stuck {
		if err := <-done; err == nil || !strings.Contains(err.Error(), "lock timeout") {
			t.Errorf("Append to a shard that is held = %v, want the lock's time-out", err)
		}
	}
	if err := <-free; err != nil {
		t.Errorf("Append to another shard: %v", err)
	}
	other.do(`COMMIT`)
	for _, key := range []string{"a", "b"} {
		if err := s.Append(t.Context(), cart(key), numbered(cart(key), held, 1)); err != nil {
			t.Errorf("Append once it is free: %v", err)
		}
	}
}

func TestTooLargeWriteIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{DSN: database(t)})
	half := &anypb.Any{Value: make([]byte, 32<<20)}
	err := s.Append(t.Context(), cart("1"), store.Batch{
		Events: []entity.Event{{Payload: half}, {Payload: &anypb.Any{TypeUrl: "t"}}}, Snapshot: &entity.Snapshot{Sequence: 2, State: half},
	})
	if err == nil || !strings.Contains(err.Error(), "a write of 67108865 bytes") {
		t.Errorf("Append() = %v, want that it is too large", err)
	}
	err = s.Append(t.Context(), cart("1"), store.Batch{Events: make([]entity.Event, 1<<18)})
	if err == nil || !strings.Contains(err.Error(), "a write of 262144 events") {
		t.Errorf("Append() = %v, want that it has too many events", err)
	}
}
