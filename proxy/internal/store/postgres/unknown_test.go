package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// isUnknown fails the test unless the error says that the outcome is unknown.
func isUnknown(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "outcome is unknown") ||
		errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFenced) {
		t.Errorf("Append() = %v, want that its outcome is unknown", err)
	}
}

// ES-STORE-005: an append whose connection is lost while the server still works on it
// is not stored behind the back of the Load that comes after it.
func TestConnectionLostBeforeTheCommit(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	relay, relayed := newRelay(t, dsn)
	s := open(t, postgres.Config{DSN: relayed, LockTimeout: patience, StatementTimeout: patience})
	w := &writer{id: cart("1"), fence: member(t, s, store.Node{ID: "n"}, 1)}
	other, observer := connect(t, dsn), connect(t, dsn)
	other.do(`BEGIN`)
	other.do(`SELECT FROM stateward.shard FOR UPDATE`)

	done := make(chan error, 1)
	go func() { done <- s.Append(t.Context(), w.id, numbered(w.id, w.fence, 1)) }()
	observer.untilWaiting(1)
	relay.cut()
	isUnknown(t, <-done)
	if at := w.load(t, s); at != 0 {
		t.Errorf("%d events are there, and the append cannot have ended", at)
	}
	other.do(`COMMIT`)
	if w.write(t, s); w.acked != 1 {
		t.Errorf("%d events are there after an append", w.acked)
	}
}

// ES-STORE-005: an append of which only the answer is lost is shown by the next Load.
func TestConnectionLostAfterTheCommit(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	relay, relayed := newRelay(t, dsn)
	s := open(t, postgres.Config{DSN: relayed})
	w := &writer{id: cart("1"), fence: member(t, s, store.Node{ID: "n"}, 1)}
	w.write(t, s) // with the entity's name
	w.write(t, s) // without it, as the one whose answer is lost: the server knows the statement
	relay.mute()
	done := make(chan error, 1)
	go func() { done <- s.Append(t.Context(), w.id, numbered(w.id, w.fence, 3)) }()
	connect(t, dsn).until(3, `SELECT count(*) FROM stateward.event`)
	relay.cut()
	isUnknown(t, <-done)
	if at := w.load(t, s); at != 3 {
		t.Errorf("%d events are there, want 3", at)
	}
}

// A Load waits for an append whose outcome is open, and ends with its own context.
func TestLoadWaitsForAnOpenAppend(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, LockTimeout: patience, StatementTimeout: patience})
	w := &writer{id: cart("1"), fence: member(t, s, store.Node{ID: "n"}, 1)}
	other, observer := connect(t, dsn), connect(t, dsn)
	other.do(`BEGIN`)
	other.do(`SELECT FROM stateward.shard FOR UPDATE`)
	appendCtx, leave := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Append(appendCtx, w.id, numbered(w.id, w.fence, 1)) }()
	observer.untilWaiting(1)
	leave()
	isUnknown(t, <-done)

	loadCtx, stop := context.WithCancel(t.Context())
	loaded := make(chan error, 1)
	go func() { _, err := last(loadCtx, s, w.id); loaded <- err }()
	stop()
	if err := <-loaded; !errors.Is(err, loadCtx.Err()) {
		t.Errorf("Load() = %v, want its context's error", err)
	}
	other.do(`COMMIT`)
	if at := w.load(t, s); at != 1 {
		t.Errorf("%d events are there, and the append went on: want 1", at)
	}
}

// A save of copies whose connection is lost while the server still works on it does not
// put them in the place of those that are saved after it.
func TestSaveIsNotOvertaken(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	relay, relayed := newRelay(t, dsn)
	s := open(t, postgres.Config{DSN: relayed, LockTimeout: patience, StatementTimeout: patience})
	other, observer := connect(t, dsn), connect(t, dsn)
	other.do(`BEGIN`)
	other.do(`LOCK TABLE stateward.replica IN SHARE MODE`)
	saved := make(chan error, 2)
	save := func(key string) {
		saved <- s.Save(t.Context(), "n", []store.Replica{{ID: cart(key), State: []byte("state")}})
	}
	go save("1")
	observer.untilWaiting(1)
	relay.cut()
	if err := <-saved; err == nil {
		t.Error("the save whose connection was lost has succeeded")
	}
	observer.untilWaiting(0) // It has been ended.
	other.do(`COMMIT`)
	save("2")
	if err := <-saved; err != nil {
		t.Error(err)
	}
	observer.until(1, `SELECT count(*) FROM stateward.replica`)
}

// What becomes of an effect does not depend on a statement whose connection was lost
// while the server still worked on it: it has ended before the next one begins.
func TestParkIsNotOvertaken(t *testing.T) {
	t.Parallel()
	source := cart("1")
	for name, lost := range map[string]func(context.Context, store.Effects) error{
		"park": func(ctx context.Context, s store.Effects) error {
			return s.Park(ctx, source, "effect", &store.Parking{At: time.Now(), Attempts: 3})
		},
		"try again": func(ctx context.Context, s store.Effects) error { return s.Park(ctx, source, "effect", nil) },
		"delivered": func(ctx context.Context, s store.Effects) error { return s.Delivered(ctx, source, "effect") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := database(t)
			relay, relayed := newRelay(t, dsn)
			s := open(t, postgres.Config{DSN: relayed, LockTimeout: patience, StatementTimeout: patience})
			err := s.Append(t.Context(), source, store.Batch{
				Fence:  member(t, s, store.Node{ID: "n"}, 1),
				Beside: store.Beside{Effects: []store.Effect{{ID: "effect", Stored: time.Now()}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			other, observer := connect(t, dsn), connect(t, dsn)
			other.do(`BEGIN`)
			other.do(`LOCK TABLE stateward.effect IN SHARE MODE`)
			done := make(chan error, 1)
			go func() { done <- lost(t.Context(), s) }()
			observer.untilWaiting(1)
			relay.cut()
			isUnknown(t, <-done)
			observer.untilWaiting(0) // It has been ended.
			other.do(`COMMIT`)
			if err := s.Park(t.Context(), source, "effect", &store.Parking{At: time.Now(), Attempts: 7}); err != nil {
				t.Error(err)
			}
			observer.until(7, `SELECT attempts FROM stateward.effect`)
		})
	}
}
