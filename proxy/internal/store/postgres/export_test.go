package postgres

import (
	"runtime"

	"github.com/jackc/pgx/v5/pgxpool"
)

// UntilQueued returns once so many writes wait for the committer.
func UntilQueued(s *Store, count int) {
	for len(s.queue) < count {
		runtime.Gosched()
	}
}

// Writes returns the pool of the store's writing connections.
func Writes(s *Store) *pgxpool.Pool { return s.writes }
