package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Export reads everything in one transaction, which sees one moment and changes nothing:
// it holds up no write, and no reader of the log.
func (s *Store) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return export(ctx, s.reads, thorough, func(item store.Item) error {
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
		return each(item)
	})
}

// export passes on all that the database holds. The transaction has no time-outs: a
// table is one statement, and takes as long as the callee does.
func export(ctx context.Context, pool *pgxpool.Pool, thorough bool, each func(store.Item) error) error {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, pool, moment, func(tx pgx.Tx) error {
		// Sorted by index, each table comes as it is read.
		_, err := tx.Exec(ctx, `
			SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
			SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off`)
		if err != nil {
			return err
		}
		e := exporter{tx: tx, each: each}
		tables := e.tables()
		if thorough {
			tables = append(tables, e.twice, e.nameless)
		}
		for _, table := range tables {
			if err := table(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// exporter passes on what one transaction sees.
type exporter struct {
	tx   pgx.Tx
	each func(store.Item) error
}

func (e exporter) tables() []func(context.Context) error {
	return []func(context.Context) error{
		e.start, e.kinds, e.events, e.snapshots, e.deletions, e.values, e.records, e.effects, e.copies,
	}
}

// start passes on how far the store has come: offsets begin with the number of a
// transaction, and all that have begun count.
func (e exporter) start(ctx context.Context) error {
	var s store.Start
	err := e.tx.QueryRow(ctx, `
		SELECT coalesce((SELECT max(epoch) FROM stateward.shard), 0),
			(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + base) << 18 FROM stateward.log`).Scan(&s.Epoch, &s.Offset)
	if err != nil {
		return fmt.Errorf("read how far the store has come: %w", err)
	}
	return e.each(s)
}

// query has each row of the statement scanned into the targets, and passed on by next.
func (e exporter) query(ctx context.Context, what, sql string, targets []any, next func() error) error {
	rows, err := e.tx.Query(ctx, sql)
	if err != nil {
		return fmt.Errorf("read the %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fmt.Errorf("read the %s: %w", what, err)
		}
		if err := next(); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the %s: %w", what, err)
	}
	return nil
}

func (e exporter) damaged(of string, what error) error {
	return e.each(store.DamageItem{Of: of, What: what.Error()})
}

func (e exporter) kinds(ctx context.Context) error {
	var id, persistence, kind []byte
	sql := `SELECT id, persistence, kind FROM stateward.kind ORDER BY id`
	return e.query(ctx, "kinds", sql, []any{&id, &persistence, &kind}, func() error {
		item := store.KindItem{Persistence: string(persistence), Kind: string(kind)}
		if string(keyOf(store.ID{Persistence: item.Persistence})) != string(id) {
			return e.damaged(fmt.Sprintf("the kind of %q", persistence), errors.New("it stands under another key"))
		}
		return e.each(item)
	})
}

// name is the columns that say whose row it is.
type name struct{ entity, persistence, key []byte }

// targets are the columns, which each statement selects first.
func (n *name) targets(others ...any) []any {
	return append([]any{&n.entity, &n.persistence, &n.key}, others...)
}

// id returns the entity's id, or why the row has none.
func (n *name) id() (store.ID, error) {
	id := store.ID{Persistence: string(n.persistence), Entity: string(n.key)}
	switch {
	case n.persistence == nil:
		return id, errors.New("a row of an entity without a name")
	case string(keyOf(id)) != string(n.entity):
		return id, errors.New("its name stands under another key")
	default:
		return id, nil
	}
}

// of names the entity for people.
func (n *name) of() string {
	if n.persistence == nil {
		return fmt.Sprintf("the entity with the key %x", n.entity)
	}
	return store.ID{Persistence: string(n.persistence), Entity: string(n.key)}.String()
}

// named are the columns and the table of names, for a row of the table t.
const named = ` t.entity, n.persistence, n.key `

const fromNamed = ` t LEFT JOIN stateward.entity n USING (entity) `

// rows passes on an item for each row of entities, or that the row is damaged.
func (e exporter) rows(ctx context.Context, what, sql string, targets func(*name) []any, next func(store.ID) (store.Item, error)) error {
	var n name
	return e.query(ctx, what, sql, targets(&n), func() error {
		id, err := n.id()
		var item store.Item
		if err == nil {
			item, err = next(id)
		}
		switch {
		case err != nil:
			return e.damaged(n.of(), err)
		case item == nil:
			return nil
		default:
			return e.each(item)
		}
	})
}
