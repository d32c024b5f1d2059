package memory_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

// TestStore covers, as far as the store keeps them, CORE-EPOCH-001, CORE-EPOCH-002,
// CORE-EPOCH-003, CORE-EPOCH-004, ES-STORE-001, ES-STORE-003, ES-STORE-006,
// ES-REPLAY-001, ES-REPLAY-008, ES-EVENT-004, ES-DEL-006, ES-DEL-007, ES-DEL-008,
// VAL-REV-001, VAL-REV-002, VAL-STORE-006, IDEM-KEEP-001, IDEM-KEEP-003 and
// CORE-PAYLOAD-001.
func TestStore(t *testing.T) {
	t.Parallel()
	var places places
	storetest.Run(t, storetest.Backend{
		Open:   func(dir string, clock func() time.Time) (store.Store, error) { return places.open(dir, clock), nil },
		Import: places.fill,
	})
}

// places keep what was imported, for the one who opens it.
type places struct{ stores sync.Map }

func (p *places) open(dir string, clock func() time.Time) store.Store {
	if s, found := p.stores.LoadAndDelete(dir); found {
		return s.(store.Store)
	}
	return memory.NewOn(clock)
}

func (p *places) fill(ctx context.Context, dir string, clock func() time.Time, fill store.Fill) error {
	s, err := memory.Import(clock, func(put func(store.Item) error) error {
		return fill(func(item store.Item) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return put(item)
		})
	})
	if err == nil {
		p.stores.Store(dir, s)
	}
	return err
}
