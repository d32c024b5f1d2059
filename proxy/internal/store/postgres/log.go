package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Events reads below the oldest transaction that is open: an offset begins with the
// number of the transaction that gave it, so whatever becomes durable later has a
// greater one. A transaction that stays open, of whatever program on the server, holds
// the log up.
func (s *Store) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (resume int64, err error) {
	end, err := s.begin(ctx)
	if err != nil {
		return after, err
	}
	defer end()
	bound, err := s.bound(ctx)
	if err != nil {
		return after, fmt.Errorf("read the log of %q: %w", persistence, err)
	}
	for most > 0 {
		rows, err := s.logPage(ctx, persistence, after, bound, min(most, pageSize))
		if err != nil {
			return after, fmt.Errorf("read the log of %q: %w", persistence, err)
		}
		if after, err = s.passEntries(ctx, persistence, after, rows, each); err != nil {
			return after, err
		}
		if len(rows) < min(most, pageSize) {
			return max(after, bound-1), nil
		}
		most -= len(rows)
	}
	return after, nil
}

// bound returns the offset below which nothing becomes durable any more.
func (s *Store) bound(ctx context.Context) (bound int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	err = s.reads.QueryRow(ctx, `
		SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base) << 18 FROM stateward.log`).Scan(&bound)
	return bound, err
}

// logRow is one row of the log.
type logRow struct {
	eventRow

	offset      int64
	entity, key []byte
}

// logPage reads some events between the offset and the bound.
func (s *Store) logPage(ctx context.Context, persistence string, after, bound int64, most int) ([]logRow, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	rows, err := s.reads.Query(ctx, `
		SELECT e.log_offset, e.entity, n.key, e.sequence, e.time, e.checksum, e.type, e.payload, e.metadata
		FROM stateward.event e JOIN stateward.entity n USING (entity)
		WHERE e.persistence = $1 AND n.persistence = $2 AND e.log_offset > $3 AND e.log_offset < $4
		ORDER BY e.log_offset LIMIT $5`, logOf(persistence), []byte(persistence), after, bound, most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r logRow, err error) {
		err = row.Scan(&r.offset, &r.entity, &r.key, &r.sequence, &r.time, &r.checksum, &r.kind, &r.payload, &r.metadata)
		return r, err
	})
}

// passEntries passes on the rows and returns the offset of the last that was.
func (s *Store) passEntries(
	ctx context.Context, persistence string, at int64, rows []logRow, each func(store.Entry) error,
) (int64, error) {
	for i := range rows {
		row := &rows[i]
		event, err := row.event(row.entity)
		if err != nil {
			return at, corrupt(store.ID{Persistence: persistence, Entity: string(row.key)}, err)
		}
		if err := each(store.Entry{Offset: row.offset, Entity: string(row.key), Event: event}); err != nil {
			return at, err
		}
		at = row.offset
		if err := s.mayGoOn(ctx); err != nil {
			return at, err
		}
	}
	return at, nil
}

// Kind records the kind of a persistence id, once.
func (s *Store) Kind(ctx context.Context, persistence, kind string) error {
	return s.call(ctx, func(ctx context.Context) error {
		id := keyOf(store.ID{Persistence: persistence})
		known, err := s.kind(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			_, err = s.reads.Exec(ctx, `INSERT INTO stateward.kind (id, persistence, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
				id, []byte(persistence), []byte(kind))
			if err == nil {
				known, err = s.kind(ctx, id)
			}
		}
		if err == nil && known != kind {
			return store.OtherKind(persistence, known, kind)
		}
		return err
	})
}

// Stored returns the kind that was recorded first.
func (s *Store) Stored(ctx context.Context, persistence string) (kind string, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		kind, err = s.kind(ctx, keyOf(store.ID{Persistence: persistence}))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return kind, err
}

func (s *Store) kind(ctx context.Context, id []byte) (string, error) {
	var kind []byte
	err := s.reads.QueryRow(ctx, `SELECT kind FROM stateward.kind WHERE id = $1`, id).Scan(&kind)
	return string(kind), err
}
