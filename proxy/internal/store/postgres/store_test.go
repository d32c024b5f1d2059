package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

// TestStore covers, as far as the store keeps them, ES-STORE-001, ES-STORE-003,
// ES-STORE-006, ES-REPLAY-001, ES-REPLAY-008 and CORE-PAYLOAD-001.
func TestStore(t *testing.T) {
	t.Parallel()
	_ = database(t)
	var mu sync.Mutex
	databases := map[string]string{}
	storetest.Run(t, storetest.Backend{
		Open: func(dir string) (store.Store, error) {
			mu.Lock()
			if databases[dir] == "" {
				databases[dir] = database(t)
			}
			dsn := databases[dir]
			mu.Unlock()
			return postgres.Open(context.WithoutCancel(t.Context()), postgres.Config{DSN: dsn, Log: discard(), PoolSize: 4})
		},
		Durable: true,
	})
}
