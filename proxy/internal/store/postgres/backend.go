package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// backend is the server's process behind one connection. It may go on when the
// connection is lost, with what it was sent.
type backend struct {
	pid   int32
	start time.Time // tells it from a later process of the same number
}

// backendKey is under what a connection keeps its backend.
const backendKey = "stateward.backend"

// identify learns who serves the connection, and sees to it that "committed"
// means durable. A server that says otherwise of each commit may not.
func identify(ctx context.Context, conn *pgx.Conn) error {
	var b backend
	err := conn.QueryRow(ctx, `
		SELECT pid, backend_start,
			CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
		FROM pg_stat_activity WHERE pid = pg_backend_pid()`).Scan(&b.pid, &b.start, nil)
	conn.PgConn().CustomData()[backendKey] = b
	return err
}

// backendOf returns who serves the connection.
func backendOf(conn *pgx.Conn) backend {
	b, _ := conn.PgConn().CustomData()[backendKey].(backend)
	return b
}

// between is the pause between two looks at what cannot be waited for.
const between = 50 * time.Millisecond

// settle returns once the backend is gone: whatever it was doing is done then, or
// undone for ever. It tries for as long as the server cannot be asked, each time within
// the limit, and gives up when the context ends.
func settle(ctx context.Context, pool *pgxpool.Pool, b backend, limit time.Duration) error {
	ticker := time.NewTicker(between)
	defer ticker.Stop()
	for {
		err := terminate(ctx, pool, b, limit)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// terminate asks the server to end the backend; pgx.ErrNoRows says that it is gone.
func terminate(ctx context.Context, pool *pgxpool.Pool, b backend, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var ended bool
	return pool.QueryRow(ctx, `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2`, b.pid, b.start).Scan(&ended)
}
