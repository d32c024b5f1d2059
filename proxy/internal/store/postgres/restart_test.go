package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// writer appends to one entity and knows how far it is.
type writer struct {
	id    store.ID
	fence store.Fence
	acked int64 // the last sequence that was acknowledged, or that a Load has shown
}

// write appends the next event. Where it fails, it reads what is there: all that was
// acknowledged, and at most the event whose outcome is unknown.
func (w *writer) write(t *testing.T, s *postgres.Store) {
	t.Helper()
	err := s.Append(t.Context(), w.id, numbered(w.id, w.fence, w.acked+1))
	if err == nil {
		w.acked++
		return
	}
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFenced) {
		t.Errorf("%v at %d: %v: what a Load has shown was not the truth", w.id, w.acked, err)
	}
	at := w.load(t, s)
	if at != w.acked && at != w.acked+1 {
		t.Errorf("%v has %d events, and %d were acknowledged", w.id, at, w.acked)
	}
	w.acked = at
}

// load returns the last sequence, once the server answers; -1 where it never does.
func (w *writer) load(t *testing.T, s *postgres.Store) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		at, err := last(ctx, s, w.id)
		if err == nil {
			return at
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Errorf("%v cannot be loaded: %v", w.id, err)
			return -1
		}
	}
}

// TestServerCrashes crashes the server while many entities append, again and again:
// nothing that was acknowledged is lost, nothing is there twice, there is no gap, and
// what a Load shows after an unknown outcome stays so. ES-STORE-003, ES-STORE-005.
func TestServerCrashes(t *testing.T) {
	t.Parallel()
	server := own(t)
	s := open(t, postgres.Config{DSN: server.DSN("postgres")})
	fence := member(t, s, store.Node{ID: "n"}, 1)
	progress := make(chan struct{})
	stop := make(chan struct{})
	var group sync.WaitGroup
	writers := make([]*writer, 16)
	for i := range writers {
		w := &writer{id: cart(strconv.Itoa(i)), fence: fence}
		writers[i] = w
		group.Go(func() {
			for !t.Failed() {
				w.write(t, s)
				select {
				case progress <- struct{}{}:
				case <-stop:
					return
				}
			}
		})
	}
	for range 4 {
		for range 300 {
			<-progress
		}
		crashed := make(chan error, 1)
		go func() { crashed <- server.Restart() }()
		for done := false; !done; {
			select {
			case <-progress:
			case err := <-crashed:
				if done = true; err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	close(stop)
	group.Wait()
	for _, w := range writers {
		if at := w.load(t, s); at != w.acked {
			t.Errorf("%v has %d events at last, and %d were acknowledged", w.id, at, w.acked)
		}
	}
}
