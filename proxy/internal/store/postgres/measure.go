package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stateward/stateward/proxy/internal/store"
)

var _ store.Meter = (*Store)(nil)

// Measures returns what the pools of connections count, and how many writes wait.
func (s *Store) Measures() []store.Measure {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil
	}
	measures := []store.Measure{{Name: "writes_waiting", Help: "Writes that wait for the next shared commit.", Value: float64(len(s.queue))}}
	measures = append(measures, pooled("writes", s.writes.Stat())...)
	return append(measures, pooled("reads", s.reads.Stat())...)
}

// pooled returns what one pool counts.
func pooled(pool string, stat *pgxpool.Stat) []store.Measure {
	return []store.Measure{
		{Name: "pool_connections", Help: "Connections to the database server.", Pool: pool, Value: float64(stat.TotalConns())},
		{Name: "pool_connections_max", Help: "Connections that there may be.", Pool: pool, Value: float64(stat.MaxConns())},
		{Name: "pool_connections_busy", Help: "Connections that are in use.", Pool: pool, Value: float64(stat.AcquiredConns())},
		{Name: "pool_waits_total", Help: "Uses that waited for a connection.", Total: true, Pool: pool, Value: float64(stat.EmptyAcquireCount())},
		{Name: "pool_wait_seconds_total", Help: "Time that uses waited for a connection.", Total: true, Pool: pool, Value: stat.EmptyAcquireWaitTime().Seconds()},
	}
}
