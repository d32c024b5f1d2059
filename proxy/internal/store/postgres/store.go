// Package postgres keeps state in a PostgreSQL database, which several proxies may
// share. Leases live beside the journal, so that the statement that writes is the one
// that checks who may; commit.sql is that statement.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Store is an open database.
type Store struct {
	config  Config
	limit   time.Duration // of what is asked of the server: to connect, and one statement
	writes  *pgxpool.Pool // commits and leases
	reads   *pgxpool.Pool // all else
	clauses clauses       // of the statement that commits
	gates   gates
	queue   chan *write // to the committers

	leaseClock func() time.Time // nil for the server's clock

	mu      sync.Mutex
	closed  bool           // guarded by mu
	closing chan struct{}  // closed with closed
	calls   sync.WaitGroup // calls under way

	committers sync.WaitGroup
	life       context.Context // of the committers; ends with closing
	end        context.CancelFunc
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the database and makes its tables where there are none. It
// refuses a database that a newer version has written with ErrNewer, and writes
// nothing there. The caller closes the store.
func Open(ctx context.Context, config Config) (*Store, error) {
	config, err := config.validate()
	if err != nil {
		return nil, err
	}
	s := &Store{
		config:  config,
		limit:   config.ConnectTimeout + config.StatementTimeout,
		clauses: clausesOf(commitSQL),
		gates:   gates{shut: map[store.ID]chan struct{}{}},
		queue:   make(chan *write, maxWrites),
		closing: make(chan struct{}),
	}
	if s.writes, err = config.open(ctx, writeConnections); err != nil {
		return nil, err
	}
	if s.reads, err = config.open(ctx, config.PoolSize-writeConnections); err != nil {
		s.writes.Close()
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		s.release()
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	for range committers {
		s.committers.Go(s.commitAll)
	}
	return s, nil
}

// prepare brings the tables up to date, and warns of a server that loses what it has
// called durable.
func (s *Store) prepare(ctx context.Context) error {
	if err := migrate(ctx, s.config, s.reads); err != nil {
		return err
	}
	var fsync string
	if err := s.reads.QueryRow(ctx, `SHOW fsync`).Scan(&fsync); err != nil {
		return err
	}
	if fsync != "on" {
		s.config.Log.WarnContext(ctx, "the database server does not sync: a crash of its machine may lose what was acknowledged")
	}
	return nil
}

// begin counts a call in, which the caller counts out by end.
func (s *Store) begin(ctx context.Context) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.calls.Add(1)
	return s.calls.Done, nil
}

// call does what one call asks for, within the time that the server may take.
func (s *Store) call(ctx context.Context, do func(context.Context) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return do(ctx)
}

// Ping reports whether the server can be reached and takes writes.
func (s *Store) Ping(ctx context.Context) error {
	return s.call(ctx, func(ctx context.Context) error {
		var readOnly bool
		if err := s.writes.QueryRow(ctx, `SELECT current_setting('transaction_read_only')::bool`).Scan(&readOnly); err != nil {
			return fmt.Errorf("the database takes no writes: %w", err)
		}
		if readOnly {
			return errors.New("the database takes no writes: it is read-only, or a standby")
		}
		return nil
	})
}

// Close waits for the calls under way and closes the connections.
func (s *Store) Close() error {
	if err := s.close(); err != nil {
		return err
	}
	s.calls.Wait()
	close(s.queue) // nobody is left who could send
	s.committers.Wait()
	s.release()
	return nil
}

// close lets no further call begin, and ends what waits for the server to come back.
func (s *Store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.closed = true
	close(s.closing)
	s.end()
	return nil
}

func (s *Store) release() {
	s.writes.Close()
	s.reads.Close()
}

// now is the time by the proxy's clock, as rows have it.
func (s *Store) now() int64 { return s.config.Clock().UnixNano() }

// later returns the time that is so much later than the other; the last that a row
// can have where there is none.
func later(at int64, d time.Duration) int64 {
	if sum := at + int64(d); sum >= at {
		return sum
	}
	return 1<<63 - 1
}
