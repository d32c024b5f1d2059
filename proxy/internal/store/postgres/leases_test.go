package postgres_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// two opens the database as two proxies would, who have joined as "a" and "b". The
// lease of a is of the length.
func two(t *testing.T, dsn string, length time.Duration) (a, b *postgres.Store) {
	t.Helper()
	a = open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	b = open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	if err := errors.Join(
		a.Join(t.Context(), store.Node{ID: "a", Address: "a:1"}, length),
		b.Join(t.Context(), store.Node{ID: "b", Address: "b:1"}, time.Hour),
	); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// CORE-EPOCH-002: whoever was taken over from writes nothing any more, and knows.
func TestTakeover(t *testing.T) {
	t.Parallel()
	a, b := two(t, database(t), 0)
	id := cart("1")
	old := claim(t, a, "a", 1)
	if err := a.Append(t.Context(), id, numbered(id, old, 1)); err != nil {
		t.Fatalf("Append of the owner, whose lease is over and not yet taken: %v", err)
	}
	newer := claim(t, b, "b", 1)
	if newer.Epoch != old.Epoch+1 {
		t.Errorf("the epoch went from %d to %d", old.Epoch, newer.Epoch)
	}
	if err := a.Append(t.Context(), id, numbered(id, old, 2)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Append under the old epoch = %v, want ErrFenced", err)
	}
	if err := a.Renew(t.Context(), "a", time.Hour); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Renew of a lease that was taken = %v, want ErrFenced", err)
	}
	if err := b.Append(t.Context(), id, numbered(id, newer, 2)); err != nil {
		t.Errorf("Append under the new epoch: %v", err)
	}
	future := store.Fence{Shard: 1, Epoch: newer.Epoch + 1}
	if err := b.Append(t.Context(), id, numbered(id, future, 3)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Append under an epoch that nobody was given = %v, want ErrFenced", err)
	}
}

func TestLeaseLasts(t *testing.T) {
	t.Parallel()
	a, b := two(t, database(t), time.Hour)
	mine := claim(t, a, "a", 1)
	want := store.Claim{Epoch: mine.Epoch, Owner: store.Node{ID: "a", Address: "a:1"}}
	if got, err := b.Claim(t.Context(), "b", 1); got != want || err != nil {
		t.Errorf("Claim of another's = %v, %v, want %v", got, err, want)
	}
	if again := claim(t, a, "a", 1); again != mine {
		t.Errorf("claimed again it is %v, and was %v", again, mine)
	}
	if err := errors.Join(b.Release(t.Context(), "b", 1), a.Release(t.Context(), "a", 1)); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, b, "b", 1); got.Epoch != mine.Epoch+1 {
		t.Errorf("after its release the epoch is %d, and was %d", got.Epoch, mine.Epoch)
	}
	if err := b.Leave(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, a, "a", 1); got.Epoch != mine.Epoch+2 {
		t.Errorf("after its owner left the epoch is %d, and was %d at first", got.Epoch, mine.Epoch)
	}
	if _, err := b.Claim(t.Context(), "b", 2); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Claim of one who has left = %v, want ErrFenced", err)
	}
}

// A node with a stable name takes over from the older one of its name at once.
func TestStableName(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{DSN: database(t)})
	old := member(t, s, store.Node{ID: "first life", Name: "shop-0"}, 1)
	other := member(t, s, store.Node{ID: "nameless"}, 2)
	id := cart("1")
	newer := member(t, s, store.Node{ID: "second life", Name: "shop-0"}, 1)
	if newer.Epoch != old.Epoch+1 {
		t.Errorf("the epoch went from %d to %d", old.Epoch, newer.Epoch)
	}
	if err := s.Append(t.Context(), id, numbered(id, old, 1)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Append of the first life = %v, want ErrFenced", err)
	}
	if err := s.Renew(t.Context(), "first life", time.Hour); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Renew of the first life = %v, want ErrFenced", err)
	}
	if again := claim(t, s, "nameless", 2); again != other {
		t.Errorf("one without a name lost its shard: %v, and was %v", again, other)
	}
}

// An append that holds its shard is waited for by whoever claims it, and is then seen.
func TestClaimWaitsForAnAppend(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	a, b := two(t, dsn, 0)
	observer, id := connect(t, dsn), cart("1")
	fence := claim(t, a, "a", 1)
	end := blockFirstEvent(t, dsn, a, id)
	appended := make(chan error, 1)
	go func() { appended <- a.Append(t.Context(), id, numbered(id, fence, 1)) }()
	observer.untilWaiting(1)
	claimed := make(chan error, 1)
	go func() {
		_, err := b.Claim(t.Context(), "b", 1)
		claimed <- err
	}()
	observer.untilWaiting(2)
	end("ROLLBACK")
	if err := errors.Join(<-appended, <-claimed); err != nil {
		t.Fatal(err)
	}
	if at, err := last(t.Context(), b, id); at != 1 || err != nil {
		t.Errorf("after its claim b sees %d events, %v", at, err)
	}
}

// An append that comes while the shard is claimed waits, and is fenced.
func TestAppendWaitsForAClaim(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	fence, id := member(t, s, store.Node{ID: "n"}, 1), cart("1")
	claims, observer := connect(t, dsn), connect(t, dsn)
	claims.do(`BEGIN`)
	claims.do(`UPDATE stateward.shard SET epoch = epoch + 1, owner = 'other'`)
	appended := make(chan error, 1)
	go func() { appended <- s.Append(t.Context(), id, numbered(id, fence, 1)) }()
	observer.untilWaiting(1)
	claims.do(`COMMIT`)
	if err := <-appended; !errors.Is(err, store.ErrFenced) {
		t.Errorf("Append() = %v, want ErrFenced", err)
	}
	if at, err := last(t.Context(), s, id); at != 0 || err != nil {
		t.Errorf("%d events are there, %v", at, err)
	}
}

// blockFirstEvent makes the first append to the entity wait, with all that it holds,
// until the function that is returned is called: with ROLLBACK, or with COMMIT, which
// makes another writer the first.
func blockFirstEvent(t *testing.T, dsn string, s *postgres.Store, id store.ID) (end func(how string)) {
	t.Helper()
	named := store.Batch{Fence: store.Fence{Shard: -1}, Beside: store.Beside{Effects: []store.Effect{{ID: id.String(), Stored: time.Now()}}}}
	if err := s.Append(t.Context(), id, named); err != nil {
		t.Fatal(err)
	}
	blocks := connect(t, dsn)
	blocks.do(`BEGIN`)
	blocks.do(`INSERT INTO stateward.event (entity, sequence, persistence, log_offset, type, payload, checksum)
		SELECT entity, 1, 0, 0, '', '', 0 FROM stateward.entity WHERE persistence = $1 AND key = $2`, []byte(id.Persistence), []byte(id.Entity))
	return func(how string) { blocks.do(how) }
}

// Two proxies that take one shard from each other all the time: each event that was
// acknowledged is there once, in a journal without gaps. CORE-EPOCH-002, CORE-EPOCH-003.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	a, b := two(t, database(t), 0)
	if err := errors.Join(a.Join(t.Context(), store.Node{ID: "a2"}, 0), b.Join(t.Context(), store.Node{ID: "b2"}, 0)); err != nil {
		t.Fatal(err)
	}
	const rounds, entities = 60, 4
	var group sync.WaitGroup
	var mu sync.Mutex
	acked := map[store.ID]int64{}
	write := func(s *postgres.Store, name string, shard int32) {
		for round := range rounds {
			node := fmt.Sprint(name, round) // one who was robbed is fenced, and begins anew
			if err := s.Join(t.Context(), store.Node{ID: node}, 0); err != nil {
				t.Error(err)
				return
			}
			claimed, err := s.Claim(t.Context(), node, shard)
			if errors.Is(err, store.ErrFenced) {
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
			fence := store.Fence{Shard: shard, Epoch: claimed.Epoch}
			for entity := range entities {
				id := cart(strconv.Itoa(entity))
				at, err := last(t.Context(), s, id)
				if err != nil {
					t.Error(err)
					return
				}
				switch err := s.Append(t.Context(), id, numbered(id, fence, at+1)); {
				case err == nil:
					mu.Lock()
					acked[id]++
					mu.Unlock()
				case !errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrConflict):
					t.Error(err)
					return
				}
			}
		}
	}
	group.Go(func() { write(a, "a-", 1) })
	group.Go(func() { write(b, "b-", 1) })
	group.Wait()
	for id, want := range acked {
		if at, err := last(t.Context(), a, id); at != want || err != nil {
			t.Errorf("%v has %d events, %v, and %d were acknowledged", id, at, err, want)
		}
	}
	t.Logf("acknowledged: %v", acked)
}

// A node that was killed is forgotten a day after its lease was over, unless it still
// has a shard: its shards are its own until somebody takes them.
func TestDepartedNodesAreForgotten(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s, observer := open(t, postgres.Config{DSN: dsn}), connect(t, dsn)
	now := time.Now()
	postgres.SetLeaseClock(s, func() time.Time { return now })
	for _, node := range []string{"killed", "has a shard", "renewed"} {
		if err := s.Join(t.Context(), store.Node{ID: node}, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	claim(t, s, "has a shard", 1)
	claim(t, s, "killed", 2)
	if err := s.Release(t.Context(), "killed", 2); err != nil {
		t.Fatal(err)
	}
	sweepAt := func(at time.Time, want ...string) {
		t.Helper()
		now = at
		if more, err := s.Sweep(t.Context()); more || err != nil {
			t.Fatalf("Sweep() = %v, %v", more, err)
		}
		observer.until(int64(len(want)), `SELECT count(*) FROM stateward.node`)
		observer.until(int64(len(want)), `SELECT count(*) FROM stateward.node WHERE id = ANY($1)`, want)
	}
	over := now.Add(time.Second)
	now = over.Add(time.Hour)
	if err := s.Renew(t.Context(), "renewed", time.Second); err != nil {
		t.Fatal(err)
	}
	sweepAt(over.Add(24*time.Hour-time.Millisecond), "killed", "has a shard", "renewed")
	sweepAt(over.Add(24*time.Hour), "has a shard", "renewed")
	if err := s.Renew(t.Context(), "killed", time.Second); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Renew of one who was forgotten = %v, want ErrFenced", err)
	}
}
