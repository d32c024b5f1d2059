package postgres

import (
	"context"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stateward/stateward/proxy/internal/store"
)

// UntilQueued returns once so many writes wait for the committer.
func UntilQueued(s *Store, count int) {
	for len(s.queue) < count {
		runtime.Gosched()
	}
}

// Writes returns the pool of the store's writing connections.
func Writes(s *Store) *pgxpool.Pool { return s.writes }

// SetLeaseClock lets leases go by the clock, in the place of the server's.
func SetLeaseClock(s *Store, clock func() time.Time) { s.leaseClock = clock }

// Settled waits until no transaction is open that began before now: then the log shows
// all that is durable.
func Settled(ctx context.Context, s *Store) error {
	var now int64
	if err := s.reads.QueryRow(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`).Scan(&now); err != nil {
		return err
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		var settled bool
		err := s.reads.QueryRow(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1`, now).Scan(&settled)
		if err != nil || settled {
			return err
		}
		<-ticker.C
	}
}

// Statement returns what would commit a batch that has rows for every clause.
func Statement(s *Store) string {
	c := columnsOf(nil, 0)
	for _, t := range c.tables() {
		t.add(0, nil, make([]*int64, len(t.numbers)), make([][]byte, len(t.bytes))...)
	}
	sql, _ := s.clauses.statement(c)
	return sql
}

// NextPage is how many rows are read after so many, of so many bytes.
func NextPage(rows, bytes int) int { return nextPage(rows, bytes) }

// PageRows returns how many rows are read where so many are asked for.
func PageRows(ctx context.Context, s *Store, id store.ID, after, last int64, size int) (int, error) {
	rows, err := s.page(ctx, keyOf(id), after, last, size)
	return len(rows), err
}
