package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Whoever locks several rows locks shards before nodes, and shards in the order of
// their ids: commit.sql does so too. Leases are judged by clock_timestamp(), the time
// when a lock was had, not when it was asked for.

// moment returns what stands in for the server's clock; nil for the clock itself. Only
// tests have another.
func (s *Store) moment() *time.Time {
	if s.leaseClock == nil {
		return nil
	}
	now := s.leaseClock()
	return &now
}

// Join makes the node known. An older one of its name is forgotten, so that its
// shards are free.
func (s *Store) Join(ctx context.Context, node store.Node, length time.Duration) error {
	return s.call(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.writes, func(tx pgx.Tx) error {
			if node.Name != "" {
				if _, err := tx.Exec(ctx, `DELETE FROM stateward.node WHERE name = $1`, node.Name); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `INSERT INTO stateward.node (id, address, name, lease_until) VALUES ($1, $2, $3, coalesce($5, clock_timestamp()) + $4)`,
				node.ID, node.Address, node.Name, length, s.moment())
			if duplicate(err) {
				return fmt.Errorf("the node %q has joined before", node.ID)
			}
			return err
		})
	})
}

// Renew prolongs the lease. Who takes a shard from a node whose lease is over forgets
// the node, so a row that is there has lost nothing.
func (s *Store) Renew(ctx context.Context, node string, length time.Duration) error {
	return s.call(ctx, func(ctx context.Context) error {
		tag, err := s.writes.Exec(ctx, `UPDATE stateward.node SET lease_until = coalesce($3, clock_timestamp()) + $2 WHERE id = $1`,
			node, length, s.moment())
		if err == nil && tag.RowsAffected() == 0 {
			return unknown(node)
		}
		return err
	})
}

// unknown says that the node has no lease any more.
func unknown(node string) error {
	return fmt.Errorf("%w: the lease of the node %q was over, and others have taken its place", store.ErrFenced, node)
}

// Claim holds the shard, and the nodes that it is about, while it decides.
func (s *Store) Claim(ctx context.Context, node string, shard int32) (claim store.Claim, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.writes, func(tx pgx.Tx) error {
			claim, err = s.claim(ctx, tx, node, shard)
			return err
		})
	})
	return claim, err
}

func (s *Store) claim(ctx context.Context, tx pgx.Tx, node string, shard int32) (store.Claim, error) {
	owner, epoch, err := lockShard(ctx, tx, shard)
	if err != nil {
		return store.Claim{}, err
	}
	me, _, err := s.lockNode(ctx, tx, node)
	if errors.Is(err, pgx.ErrNoRows) {
		return store.Claim{}, unknown(node)
	}
	if err != nil || owner == node {
		return store.Claim{Epoch: epoch, Owner: me}, err
	}
	if owner != "" {
		other, alive, err := s.lockNode(ctx, tx, owner)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return store.Claim{}, err
		}
		if alive {
			return store.Claim{Epoch: epoch, Owner: other}, nil
		}
		if _, err := tx.Exec(ctx, `DELETE FROM stateward.node WHERE id = $1`, owner); err != nil {
			return store.Claim{}, err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE stateward.shard SET owner = $2, epoch = epoch + 1 WHERE id = $1`, shard, node)
	return store.Claim{Epoch: epoch + 1, Owner: me}, err
}

// lockShard locks the shard, which it makes where there is none, and returns its
// owner; an empty one when it has none.
func lockShard(ctx context.Context, tx pgx.Tx, shard int32) (owner string, epoch int64, err error) {
	if _, err := tx.Exec(ctx, `INSERT INTO stateward.shard (id, epoch) VALUES ($1, 0) ON CONFLICT DO NOTHING`, shard); err != nil {
		return "", 0, err
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(owner, ''), epoch FROM stateward.shard WHERE id = $1 FOR UPDATE`, shard).Scan(&owner, &epoch)
	return owner, epoch, err
}

// lockNode locks the node, so that it cannot renew its lease meanwhile, and reports
// whether it has one.
func (s *Store) lockNode(ctx context.Context, tx pgx.Tx, id string) (node store.Node, alive bool, err error) {
	err = tx.QueryRow(ctx, `
		WITH locked AS MATERIALIZED (SELECT id, address, name, lease_until FROM stateward.node WHERE id = $1 FOR UPDATE)
		SELECT id, address, name, lease_until > coalesce($2, clock_timestamp()) FROM locked`, id, s.moment()).Scan(&node.ID, &node.Address, &node.Name, &alive)
	return node, alive, err
}

// Release gives the shard back.
func (s *Store) Release(ctx context.Context, node string, shard int32) error {
	return s.call(ctx, func(ctx context.Context) error {
		_, err := s.writes.Exec(ctx, `UPDATE stateward.shard SET owner = NULL WHERE id = $1 AND owner = $2`, shard, node)
		return err
	})
}

// Leave gives back all that the node has, and forgets it.
func (s *Store) Leave(ctx context.Context, node string) error {
	return s.call(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.writes, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				WITH mine AS MATERIALIZED (SELECT id FROM stateward.shard WHERE owner = $1 ORDER BY id FOR UPDATE)
				UPDATE stateward.shard SET owner = NULL WHERE id IN (SELECT id FROM mine)`, node)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `DELETE FROM stateward.node WHERE id = $1`, node)
			return err
		})
	})
}
