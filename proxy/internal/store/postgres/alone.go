package postgres

import (
	"context"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/store"
)

// alone runs a statement that changes what the name stands for, once every older one
// under the name has ended: one whose outcome is open could still put what it has in the
// place of what a newer one has stored. The name is none of an entity's.
func (s *Store) alone(ctx context.Context, name, sql string, arguments ...any) error {
	return s.call(ctx, func(ctx context.Context) error {
		leave, err := s.gates.enter(ctx, store.ID{Entity: name}, s.closing)
		if err != nil {
			return err
		}
		b, err := s.execute(ctx, sql, arguments)
		if err == nil || refused(err) || unsent(b, err) {
			leave()
			return err
		}
		s.committers.Go(func() { // Ends with the server's process, or the store.
			defer leave()
			if err := settle(s.life, s.reads, b, s.limit); err != nil {
				s.config.Log.Warn("it is not known whether the database still works on a statement", "of", name, "error", err)
			}
		})
		return fmt.Errorf("the outcome is unknown of a statement of the %s: %w", name, err)
	})
}

// execute runs the statement. The backend is as that of insert.
func (s *Store) execute(ctx context.Context, sql string, arguments []any) (b backend, err error) {
	conn, err := s.reads.Acquire(ctx)
	if err != nil {
		return b, err
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, sql, arguments...)
	return backendOf(conn.Conn()), err
}
