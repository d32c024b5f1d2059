package postgres

import (
	"context"
	_ "embed"
	"time"
)

const (
	// sweepSize is how many rows of each kind one sweep removes at most.
	sweepSize = 1000
	// departure is how long after the end of its lease a node without a shard is
	// forgotten: by then it was killed.
	departure = 24 * time.Hour
)

//go:embed sweep.sql
var sweepSQL string

// Sweep removes what has had its time. Several proxies may sweep at once: each takes
// what no other holds.
func (s *Store) Sweep(ctx context.Context) (more bool, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		now := s.now()
		// Deletions whose events are all gone are done with.
		_, err := s.reads.Exec(ctx, `
			UPDATE stateward.deletion d SET purge = NULL
			WHERE d.purge <= $1 AND NOT EXISTS (SELECT FROM stateward.event e WHERE e.entity = d.entity)`, now)
		if err != nil {
			return err
		}
		return s.reads.QueryRow(ctx, sweepSQL, now, sweepSize, s.moment(), departure).Scan(&more)
	})
	return more, err
}
