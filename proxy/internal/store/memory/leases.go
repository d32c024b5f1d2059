package memory

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Join makes the node known.
func (s *Store) Join(ctx context.Context, node store.Node, length time.Duration) error {
	return s.with(ctx, func(d *data) error { return d.leases.Join(node, s.clock(), length) })
}

// Renew prolongs the lease of the node.
func (s *Store) Renew(ctx context.Context, node string, length time.Duration) error {
	return s.with(ctx, func(d *data) error { return d.leases.Renew(node, s.clock(), length) })
}

// Claim gives the shard to the node, or tells who has it.
func (s *Store) Claim(ctx context.Context, node string, shard int32) (claim store.Claim, err error) {
	err = s.with(ctx, func(d *data) (err error) {
		claim, err = d.leases.Claim(node, shard, s.clock())
		return err
	})
	return claim, err
}

// Release gives the shard back.
func (s *Store) Release(ctx context.Context, node string, shard int32) error {
	return s.with(ctx, func(d *data) error { d.leases.Release(node, shard); return nil })
}

// Leave gives back all that the node has, and forgets it.
func (s *Store) Leave(ctx context.Context, node string) error {
	return s.with(ctx, func(d *data) error { d.leases.Leave(node); return nil })
}

// Kind records the kind of the persistence id, or checks it.
func (s *Store) Kind(ctx context.Context, persistence, kind string) error {
	return s.with(ctx, func(d *data) error {
		stored, found := d.kinds[persistence]
		if found && stored != kind {
			return store.OtherKind(persistence, stored, kind)
		}
		d.kinds[persistence] = kind
		return nil
	})
}

// Stored returns the kind that was recorded first.
func (s *Store) Stored(ctx context.Context, persistence string) (kind string, err error) {
	err = s.with(ctx, func(d *data) error {
		kind = d.kinds[persistence]
		return nil
	})
	return kind, err
}
