package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// shared is a backend whose stores share one memory store for each place.
func shared() Backend {
	var mu sync.Mutex
	places := map[string]*memory.Store{}
	return Backend{
		Open: func(dir string, clock func() time.Time) (store.Store, error) {
			mu.Lock()
			defer mu.Unlock()
			if places[dir] == nil {
				places[dir] = memory.NewOn(clock)
			}
			return &door{Store: places[dir]}, nil
		},
		Durable: true,
		Shared:  true,
	}
}

// door is one of the stores that share another.
type door struct {
	store.Store

	mu   sync.Mutex
	shut bool
}

func (d *door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return store.ErrClosed
	}
	d.shut = true
	return nil
}

// TestSharedPlaces runs what the other backends do not: two stores at one place, and
// places that are opened again by a store that knows their nodes.
func TestSharedPlaces(t *testing.T) {
	t.Parallel()
	backend := shared()
	for _, test := range sharings() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock, dir := newClock(), t.TempDir()
			first := newTrial(t, backend.open(t, dir, clock), clock)
			test.run(first, backend.open(t, dir, clock))
		})
	}
	for _, test := range reopenings() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(place{t: t, backend: backend, dir: t.TempDir(), clock: newClock()})
		})
	}
}
