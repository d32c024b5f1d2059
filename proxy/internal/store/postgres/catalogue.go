package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// lookedThrough is how many rows one call of Entities looks at: an entity is found by its
// hash alone, in the order of those.
const lookedThrough = 20_000

// Entities reads on in the order of the hashes, through a bounded number of entities of
// whatever persistence id.
func (s *Store) Entities(ctx context.Context, persistence, prefix, after string, most int) (keys []string, next string, err error) {
	from, err := hex.DecodeString(after)
	if err != nil {
		return nil, "", fmt.Errorf("%q is no place in a list of entities: %w", after, err)
	}
	err = s.call(ctx, func(ctx context.Context) error {
		rows, err := s.reads.Query(ctx, `
			WITH looked AS (SELECT entity, persistence, key FROM stateward.entity WHERE entity > $1 ORDER BY entity LIMIT $2),
			found AS (SELECT entity, key FROM looked
				WHERE persistence = $3 AND substring(key FOR $4) = $5 ORDER BY entity LIMIT $6)
			SELECT entity, key, true FROM found
			UNION ALL
			SELECT entity, ''::bytea, false FROM (SELECT entity FROM looked ORDER BY entity DESC LIMIT 1) l
				WHERE (SELECT count(*) FROM looked) = $2
			ORDER BY 3 DESC, 1`,
			present(from), lookedThrough, []byte(persistence), len(prefix), present(prefix), most+1)
		if err != nil {
			return err
		}
		keys, next, err = collectKeys(rows, most)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list the entities of %q: %w", persistence, err)
	}
	return keys, next, nil
}

// collectKeys reads the rows of the entities that were found, and then that of the last one
// that was looked at, where there may be more.
func collectKeys(rows pgx.Rows, most int) (keys []string, next string, err error) {
	var hash, key, last []byte
	var found bool
	_, err = pgx.ForEachRow(rows, []any{&hash, &key, &found}, func() error {
		switch {
		case !found && next == "":
			next = hex.EncodeToString(hash)
		case found && len(keys) < most:
			keys = append(keys, string(key))
			last = append(last[:0], hash...)
		case found:
			next = hex.EncodeToString(last)
		}
		return nil
	})
	return keys, next, err
}

// History reads the events in pages; between two of them no connection is held.
func (s *Store) History(ctx context.Context, id store.ID, first, last int64, each func(entity.Event) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	key := keyOf(id)
	for at := max(first, 1) - 1; at < last; {
		rows, err := s.page(ctx, key, at, last, int(min(last-at, pageSize)))
		if err != nil {
			return fmt.Errorf("read the events of %v: %w", id, err)
		}
		if len(rows) == 0 {
			return nil
		}
		for i := range rows {
			event, err := rows[i].event(key)
			if err != nil {
				return corrupt(id, err)
			}
			if err := each(event); err != nil {
				return err
			}
			if err := s.mayGoOn(ctx); err != nil {
				return err
			}
			at = event.Sequence
		}
	}
	return nil
}

// Figures asks the server, which estimates how many rows a table has.
func (s *Store) Figures(ctx context.Context) (figures []store.Figure, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		rows, err := s.reads.Query(ctx, `
			SELECT c.relname, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::float8
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'stateward' AND c.relkind = 'r' ORDER BY c.relname`)
		if err != nil {
			return err
		}
		var table string
		var size int64
		var count float64
		var tables []store.Figure
		total := int64(0)
		if _, err := pgx.ForEachRow(rows, []any{&table, &size, &count}, func() error {
			total += size
			tables = append(tables,
				store.Figure{Name: "rows of " + table, Value: int64(math.Round(count)), Estimated: true},
				store.Figure{Name: "table " + table, Value: size, Bytes: true})
			return nil
		}); err != nil {
			return err
		}
		figures = append([]store.Figure{{Name: "on disk", Value: total, Bytes: true}}, tables...)
		return nil
	})
	return figures, err
}
