package pebble

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// prepared returns the writes of the event, the first of the entity with the name.
func prepared(t *testing.T, s *Store, name string, event entity.Event) *writes {
	t.Helper()
	w, err := s.prepare(func(w *writes) error {
		id := store.ID{Persistence: "cart", Entity: name}
		return s.append(w, id, store.Batch{Events: []entity.Event{event}})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.unlock, w.done = func() {}, make(chan error, 1)
	s.calls.Add(1)
	return w
}

// TestWritesThatWaitShareACommit gathers a group, and finds all of it stored.
func TestWritesThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	large := entity.Event{Metadata: metadataOf(strings.Repeat("x", maxGroup/2))}
	waiting := []*writes{
		prepared(t, s, "a", entity.Event{}), prepared(t, s, "b", large), prepared(t, s, "c", large), prepared(t, s, "d", entity.Event{}),
	}
	c := &committer{store: s, queue: make(chan *writes, len(waiting))}
	for _, w := range waiting[1:] {
		c.queue <- w
	}

	group, next := c.gather(waiting[:1:1])
	if len(group) != 2 || group[1] != waiting[1] || next != waiting[2] {
		t.Fatalf("the first group has %d writes, want 2: the third makes it too large", len(group))
	}
	rest, none := c.gather([]*writes{next})
	if len(rest) != 2 || rest[1] != waiting[3] || none != nil {
		t.Fatalf("the second group has %d writes, want the 2 that are left", len(rest))
	}
	for _, g := range [][]*writes{group, rest} {
		err := s.commit(g)
		for _, w := range g {
			w.finish(s, err)
			if err := <-w.done; err != nil {
				t.Errorf("a write has failed: %v", err)
			}
		}
	}
	got, _, err := readLog(t, s, 0)
	if want := "a b c d"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("the log has %q (%v), want %q", got, err, want)
	}
	if err := appendOne(t, s, "d", 1); err != nil {
		t.Errorf("behind the last: %v", err)
	}
}

// TestWriteThatFindsNoRoomIsRefused fills the queue while a sync is held. What finds no
// place there is not stored, and known not to be; nobody waits for it.
func TestWriteThatFindsNoRoomIsRefused(t *testing.T) {
	t.Parallel()
	held, let := make(chan struct{}, maxQueue), make(chan struct{})
	slow := errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData {
			held <- struct{}{}
			<-let
		}
		return nil
	})}
	s, err := Open(Config{Dir: "/data", Files: errorfs.Wrap(vfs.NewMem(), &slow), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	slow.On()
	first := prepared(t, s, "first", entity.Event{})
	s.committer.queue <- first
	<-held
	var waiting []*writes
	for i := range maxQueue {
		w := prepared(t, s, strconv.Itoa(i), entity.Event{})
		waiting = append(waiting, w)
		s.committer.queue <- w
	}

	ctx, cancel := context.WithCancel(t.Context())
	asking := Watched{Context: ctx, Asked: make(chan struct{}, 1)}
	refused := make(chan error)
	go func() {
		refused <- s.Append(asking, store.ID{Persistence: "cart", Entity: "refused"}, store.Batch{Events: make([]entity.Event, 1)})
	}()
	<-asking.Asked // it waits
	cancel()
	if err := <-refused; !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "unknown") {
		t.Errorf("Append() = %v, want that it was canceled, and nothing unknown", err)
	}

	close(let)
	for _, w := range append(waiting, first) {
		if err := <-w.done; err != nil {
			t.Errorf("a write that waited: %v", err)
		}
	}
	if err := appendOne(t, s, "refused", 0); err != nil {
		t.Errorf("the refused one again: %v", err)
	}
	entries, last := 0, ""
	_, err = s.Events(t.Context(), "cart", 0, 2*maxQueue, func(e store.Entry) error {
		entries, last = entries+1, e.Entity
		return nil
	})
	if err != nil || entries != maxQueue+2 || last != "refused" {
		t.Errorf("the log has %d entries and ends with %q (%v), want %d, and the refused one last", entries, last, err, maxQueue+2)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
