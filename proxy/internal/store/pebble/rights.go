package pebble

import (
	"context"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/lease"
)

// rights is the table of who may write, and the epoch that is on the disk. The
// directory is one process's alone, so the table begins anew at each opening; the
// epochs do not.
type rights struct {
	mu     sync.Mutex
	table  *lease.Table
	stored int64 // no claim that was given is above it
}

// check refuses the fence of an older epoch.
func (r *rights) check(fence store.Fence) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.Check(fence)
}

// with does the work on the table, alone.
func (s *Store) with(ctx context.Context, work func(*lease.Table) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.rights.mu.Lock()
	defer s.rights.mu.Unlock()
	return work(s.rights.table)
}

// Join makes the node known.
func (s *Store) Join(ctx context.Context, node store.Node, length time.Duration) error {
	return s.with(ctx, func(t *lease.Table) error { return t.Join(node, s.clock(), length) })
}

// Renew prolongs the lease of the node.
func (s *Store) Renew(ctx context.Context, node string, length time.Duration) error {
	return s.with(ctx, func(t *lease.Table) error { return t.Renew(node, s.clock(), length) })
}

// Claim gives the shard to the node, or tells who has it. An epoch above the stored one
// is stored first.
func (s *Store) Claim(ctx context.Context, node string, shard int32) (claim store.Claim, err error) {
	err = s.with(ctx, func(t *lease.Table) (err error) {
		claim, err = t.Claim(node, shard, s.clock())
		return err
	})
	if err != nil {
		return store.Claim{}, err
	}
	return claim, s.reach(ctx, claim.Epoch)
}

// reach stores the epoch unless a greater one is stored. The next opening begins above it.
func (s *Store) reach(ctx context.Context, epoch int64) error {
	s.rights.mu.Lock()
	stored := s.rights.stored
	s.rights.mu.Unlock()
	if epoch <= stored {
		return nil
	}
	err := s.change(ctx, "store the epoch of", theStore, func(w *writes) error {
		key := stateKey()
		old, _, err := get(s, theStore, "state", key, decodeState)
		if err == nil && old.epoch < epoch {
			old.epoch = epoch
			w.set(key, encodeState(key, old))
		}
		return err
	})
	if err != nil {
		return err
	}
	s.rights.mu.Lock()
	defer s.rights.mu.Unlock()
	s.rights.stored = max(s.rights.stored, epoch)
	return nil
}

// Release gives the shard back.
func (s *Store) Release(ctx context.Context, node string, shard int32) error {
	return s.with(ctx, func(t *lease.Table) error { t.Release(node, shard); return nil })
}

// Leave gives back all that the node has, and forgets it.
func (s *Store) Leave(ctx context.Context, node string) error {
	return s.with(ctx, func(t *lease.Table) error { t.Leave(node); return nil })
}
