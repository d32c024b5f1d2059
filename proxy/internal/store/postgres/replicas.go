package postgres

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Save stores the copies in one statement.
func (s *Store) Save(ctx context.Context, node string, replicas []store.Replica) error {
	var entities, persistences, keys, states [][]byte
	for _, r := range newest(replicas) {
		entities, states = append(entities, keyOf(r.ID)), append(states, present(r.State))
		persistences, keys = append(persistences, []byte(r.ID.Persistence)), append(keys, []byte(r.ID.Entity))
	}
	return s.alone(ctx, "node "+node, `
		WITH copies AS MATERIALIZED (
			SELECT entity, persistence, key, state FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[]) AS c (entity, persistence, key, state)
		),
		named AS (
			INSERT INTO stateward.entity (entity, persistence, key)
			SELECT entity, persistence, key FROM copies ORDER BY entity ON CONFLICT DO NOTHING
		)
		INSERT INTO stateward.replica (entity, node, state)
		SELECT entity, $1, state FROM copies ORDER BY entity
		ON CONFLICT (entity, node) DO UPDATE SET state = excluded.state`,
		[]byte(node), entities, persistences, keys, states)
}

// newest returns the last copy of each entity, in an order in which no two writers
// wait for each other.
func newest(replicas []store.Replica) []store.Replica {
	last := map[string]store.Replica{}
	for _, r := range replicas {
		last[string(keyOf(r.ID))] = r
	}
	return slices.SortedFunc(maps.Values(last), func(a, b store.Replica) int { return bytes.Compare(keyOf(a.ID), keyOf(b.ID)) })
}

// Replica reads all copies of the entity before it passes one on.
func (s *Store) Replica(ctx context.Context, id store.ID, each func(state []byte) error) error {
	var states [][]byte
	err := s.call(ctx, func(ctx context.Context) error {
		rows, err := s.reads.Query(ctx, `SELECT state FROM stateward.replica WHERE entity = $1 ORDER BY node`, keyOf(id))
		if err != nil {
			return err
		}
		states, err = pgx.CollectRows(rows, pgx.RowTo[[]byte])
		return err
	})
	if err != nil {
		return err
	}
	for _, state := range states {
		if err := each(state); err != nil {
			return err
		}
	}
	return nil
}
