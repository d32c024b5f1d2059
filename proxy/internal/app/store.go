package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

const (
	// sweepInterval is how often the store forgets what has had its time; an hour is
	// what ES-DEL-008 allows.
	sweepInterval = 10 * time.Minute
	// sweepTimeout is how long one round of it may take.
	sweepTimeout = time.Minute
)

// openStore opens the store that the config, which is valid, names.
func openStore(ctx context.Context, config *Config) (store.Store, error) {
	switch config.Store {
	case StoreMemory:
		config.Log.Warn("state is kept in memory and is gone when the proxy ends")
		return memory.New(), nil
	case StorePostgres:
		opened, err := postgres.Open(ctx, postgres.Config{DSN: config.Database, Log: config.Log})
		if err != nil {
			return nil, setting.Wrongf("database", "%w", withoutSecret(err, config.Database))
		}
		return opened, nil
	default:
		opened, err := pebble.Open(pebble.Config{Dir: config.Data, Logger: config.Log})
		if err != nil {
			return nil, setting.Wrongf("data", "%w", err)
		}
		return opened, nil
	}
}

// withoutSecret returns the error of a database that could not be opened. The one
// about a name that cannot be read holds that name: its secret is masked, and where
// nobody knows which part that is, nothing of it is shown.
func withoutSecret(err error, dsn string) error {
	var unread *pgconn.ParseConfigError
	if !errors.As(err, &unread) {
		return err
	}
	shown := maskDatabase(dsn)
	if cause := unread.Unwrap(); cause != nil && !unreadable(shown) {
		return fmt.Errorf("%s: %w", shown, cause)
	}
	return errors.New("it is neither a URL, such as postgres://user@host/name, nor KEY=VALUE pairs; it may hold a secret and is not shown")
}

// slot is where the store keeps this process's copies of replicated entities. One who
// has the store alone finds its own again; where others use it at the same time, each
// process has a place of its own, unless its name is its own.
func (c *Config) slot(process string) string {
	switch {
	case c.Store != StorePostgres:
		return "the only one"
	case c.Node != "":
		return c.Node
	default:
		return process
	}
}

// sweep has the store forget what has had its time, at once and from time to time,
// until ctx ends.
func (p *proxy) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		p.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *proxy) sweepOnce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	for {
		more, err := p.store.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			p.config.Log.Warn("the store could not forget what has had its time; it will be tried again", "error", err)
		}
		if err != nil || !more {
			return
		}
	}
}
