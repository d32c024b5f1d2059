package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says where a store lives and how long it may take.
type Config struct {
	// DSN names the database, as a URL or as pairs of key and value. The server is
	// PostgreSQL 13 or newer. The password in it is never shown. Required.
	DSN string
	// PoolSize is how many connections the store opens at most, from 4; 0 for 16.
	PoolSize int
	// ConnectTimeout is how long it may take to connect; 0 for 5 s.
	ConnectTimeout time.Duration
	// StatementTimeout is how long the server may take for one statement; 0 for 10 s.
	StatementTimeout time.Duration
	// LockTimeout is how long a statement may wait for a row that another holds; 0 for 2 s.
	LockTimeout time.Duration
	// Log hears of trouble that no caller is told of. Required.
	Log *slog.Logger
	// Clock is what values, records and retentions go by; nil for the system's. Leases
	// go by the server's.
	Clock func() time.Time
}

// What a connection is for. Writes and leases have connections of their own, so
// that no reader keeps them from theirs.
const writeConnections = committers + 1

// validate checks the config and fills in what may be left out.
func (c Config) validate() (Config, error) {
	c.PoolSize = cmp.Or(c.PoolSize, 16)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 5*time.Second)
	c.StatementTimeout = cmp.Or(c.StatementTimeout, 10*time.Second)
	c.LockTimeout = cmp.Or(c.LockTimeout, 2*time.Second)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	switch {
	case c.DSN == "":
		return c, errors.New("a store needs the name of a database")
	case c.Log == nil:
		return c, errors.New("a store needs a logger")
	case c.PoolSize < writeConnections+1:
		return c, fmt.Errorf("a pool of %d connections; the smallest has %d", c.PoolSize, writeConnections+1)
	case min(c.ConnectTimeout, c.StatementTimeout, c.LockTimeout) < time.Millisecond:
		return c, errors.New("a time-out of less than 1 ms")
	default:
		return c, nil
	}
}

// pool returns the config of a pool of so many connections.
func (c Config) pool(size int) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(c.DSN) // its error does not hold the password
	if err != nil {
		return nil, err
	}
	pool.MaxConns = int32(size)
	pool.MinConns, pool.MinIdleConns = 0, 0
	pool.PingTimeout = c.ConnectTimeout
	pool.ConnConfig.ConnectTimeout = c.ConnectTimeout
	pool.AfterConnect = identify
	maps.Copy(pool.ConnConfig.RuntimeParams, map[string]string{
		"application_name":                    "stateward-proxy",
		"statement_timeout":                   milliseconds(c.StatementTimeout),
		"lock_timeout":                        milliseconds(c.LockTimeout),
		"idle_in_transaction_session_timeout": milliseconds(c.StatementTimeout),
		// What the statements are written for, whatever the database's default is.
		"default_transaction_isolation": "read committed",
		// To plan commit.sql takes longer than to run it, and the plan is always the same.
		"plan_cache_mode": "force_generic_plan",
	})
	return pool, nil
}

// open opens a pool of so many connections. It connects when it is used.
func (c Config) open(ctx context.Context, size int) (*pgxpool.Pool, error) {
	config, err := c.pool(size)
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, config)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
