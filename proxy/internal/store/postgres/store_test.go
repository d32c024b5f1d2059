package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

// TestStore covers, as far as the store keeps them, ES-STORE-001, ES-STORE-003,
// ES-STORE-006, ES-REPLAY-001, ES-REPLAY-008, ES-ASK-006, ES-DEL-006, ES-DEL-007,
// VAL-REV-001, VAL-REV-002, VAL-EXPIRE-003, VAL-EXPIRE-004, VAL-STORE-006,
// CORE-EPOCH-001, CORE-EPOCH-002, CORE-EPOCH-004 and CORE-PAYLOAD-001.
func TestStore(t *testing.T) {
	t.Parallel()
	places := places{t: t, databases: map[string]string{"": database(t)}}
	storetest.Run(t, storetest.Backend{
		Open: func(dir string, clock func() time.Time) (store.Store, error) {
			s, err := postgres.Open(context.WithoutCancel(t.Context()), postgres.Config{
				DSN: places.database(dir), Log: discard(), PoolSize: 4, Clock: clock,
			})
			if err != nil {
				return nil, err
			}
			postgres.SetLeaseClock(s, clock)
			return patient{s}, nil
		},
		Import: func(ctx context.Context, dir string, clock func() time.Time, fill store.Fill) error {
			return postgres.Import(ctx, postgres.Config{DSN: places.database(dir), Log: discard(), Clock: clock}, fill)
		},
		Durable: true,
		Shared:  true,
	})
}

// places are databases in the place of directories.
type places struct {
	t *testing.T

	mu        sync.Mutex
	databases map[string]string // guarded by mu; by directory
}

func (p *places) database(dir string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.databases[dir] == "" {
		p.databases[dir] = server.Database(p.t)
	}
	return p.databases[dir]
}

// patient lets whatever is open on the server end before it reads the log, for the
// suite wants to see there at once what it has written, and other tests are at work on
// the same server.
type patient struct{ *postgres.Store }

func (p patient) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (int64, error) {
	if ctx.Err() == nil {
		_ = postgres.Settled(ctx, p.Store) // what fails here fails there
	}
	return p.Store.Events(ctx, persistence, after, most, each)
}
