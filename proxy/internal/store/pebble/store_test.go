package pebble_test

import (
	"context"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

// TestStore covers, as far as the store keeps them, CORE-EPOCH-001, CORE-EPOCH-002,
// CORE-EPOCH-003, CORE-EPOCH-004, ES-STORE-001, ES-STORE-003, ES-STORE-006,
// ES-REPLAY-001, ES-REPLAY-008, ES-EVENT-004, ES-DEL-006, ES-DEL-007, ES-DEL-008,
// VAL-REV-001, VAL-REV-002, VAL-STORE-006, IDEM-KEEP-001, IDEM-KEEP-003 and
// CORE-PAYLOAD-001.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Backend{
		Open: func(dir string, clock func() time.Time) (store.Store, error) {
			return pebble.Open(pebble.Config{Dir: dir, Logger: discard(), Clock: clock})
		},
		Import: func(ctx context.Context, dir string, clock func() time.Time, fill store.Fill) error {
			return pebble.Import(ctx, pebble.Config{Dir: dir, Logger: discard(), Clock: clock}, fill)
		},
		Durable: true,
	})
}
