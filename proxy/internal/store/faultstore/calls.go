package faultstore

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Append appends to the inner store, as the rules allow.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	return s.run(ctx, Append, &id, func() error { return s.inner.Append(ctx, id, batch) })
}

// Load loads from the inner store, as the rules allow. A rule for After takes
// effect once all events were passed on.
func (s *Store) Load(
	ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error,
) error {
	return pass(ctx, s, Load, &id, event, func(event func(entity.Event) error) error {
		return s.inner.Load(ctx, id, begin, event)
	})
}

// Snapshot stores a snapshot in the inner store, as the rules allow.
func (s *Store) Snapshot(ctx context.Context, id store.ID, fence store.Fence, snapshot entity.Snapshot) error {
	return s.run(ctx, Snapshot, &id, func() error { return s.inner.Snapshot(ctx, id, fence, snapshot) })
}

// Write writes to the inner store, as the rules allow.
func (s *Store) Write(ctx context.Context, id store.ID, change store.Change) error {
	return s.run(ctx, Write, &id, func() error { return s.inner.Write(ctx, id, change) })
}

// Read reads from the inner store, as the rules allow.
func (s *Store) Read(ctx context.Context, id store.ID) (value store.Value, err error) {
	err = s.run(ctx, Read, &id, func() (err error) {
		value, err = s.inner.Read(ctx, id)
		return err
	})
	return value, err
}

// Record finds a record in the inner store, as the rules allow.
func (s *Store) Record(ctx context.Context, id store.ID, key string) (record store.Record, found bool, err error) {
	err = s.run(ctx, Record, &id, func() (err error) {
		record, found, err = s.inner.Record(ctx, id, key)
		return err
	})
	return record, found, err
}

// Effects passes on those of the inner store, as the rules allow.
func (s *Store) Effects(ctx context.Context, each func(store.Effect) error) error {
	return pass(ctx, s, Effects, nil, each, func(each func(store.Effect) error) error {
		return s.inner.Effects(ctx, each)
	})
}

// Delivered removes an effect from the inner store, as the rules allow.
func (s *Store) Delivered(ctx context.Context, source store.ID, effect string) error {
	return s.run(ctx, Delivered, &source, func() error { return s.inner.Delivered(ctx, source, effect) })
}

// Park parks an effect in the inner store, as the rules allow.
func (s *Store) Park(ctx context.Context, source store.ID, effect string, parking *store.Parking) error {
	return s.run(ctx, Park, &source, func() error { return s.inner.Park(ctx, source, effect, parking) })
}

// Save saves copies to the inner store, as the rules allow.
func (s *Store) Save(ctx context.Context, node string, replicas []store.Replica) error {
	return s.run(ctx, Save, nil, func() error { return s.inner.Save(ctx, node, replicas) })
}

// Replica passes on the copies of the inner store, as the rules allow.
func (s *Store) Replica(ctx context.Context, id store.ID, each func(state []byte) error) error {
	return pass(ctx, s, Replica, &id, each, func(each func([]byte) error) error {
		return s.inner.Replica(ctx, id, each)
	})
}

// Join joins the node to the inner store, as the rules allow.
func (s *Store) Join(ctx context.Context, node store.Node, length time.Duration) error {
	return s.run(ctx, Join, nil, func() error { return s.inner.Join(ctx, node, length) })
}

// Renew prolongs a lease of the inner store, as the rules allow.
func (s *Store) Renew(ctx context.Context, node string, length time.Duration) error {
	return s.run(ctx, Renew, nil, func() error { return s.inner.Renew(ctx, node, length) })
}

// Claim claims a shard of the inner store, as the rules allow.
func (s *Store) Claim(ctx context.Context, node string, shard int32) (claim store.Claim, err error) {
	err = s.run(ctx, Claim, nil, func() (err error) {
		claim, err = s.inner.Claim(ctx, node, shard)
		return err
	})
	return claim, err
}

// Release gives a shard of the inner store back, as the rules allow.
func (s *Store) Release(ctx context.Context, node string, shard int32) error {
	return s.run(ctx, Release, nil, func() error { return s.inner.Release(ctx, node, shard) })
}

// Leave gives back all that the node has of the inner store, as the rules allow.
func (s *Store) Leave(ctx context.Context, node string) error {
	return s.run(ctx, Leave, nil, func() error { return s.inner.Leave(ctx, node) })
}

// Events passes on the log of the inner store, as the rules allow. An error gives no
// more to resume from than the caller had.
func (s *Store) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (resume int64, err error) {
	err = pass(ctx, s, Events, nil, each, func(each func(store.Entry) error) (err error) {
		resume, err = s.inner.Events(ctx, persistence, after, most, each)
		return err
	})
	if err != nil {
		return after, err
	}
	return resume, nil
}

// Kind records a kind in the inner store, as the rules allow.
func (s *Store) Kind(ctx context.Context, persistence, kind string) error {
	return s.run(ctx, Kind, nil, func() error { return s.inner.Kind(ctx, persistence, kind) })
}

// Stored asks the inner store, as the rules allow.
func (s *Store) Stored(ctx context.Context, persistence string) (kind string, err error) {
	err = s.run(ctx, Stored, nil, func() (err error) {
		kind, err = s.inner.Stored(ctx, persistence)
		return err
	})
	return kind, err
}

// Sweep sweeps the inner store, as the rules allow.
func (s *Store) Sweep(ctx context.Context) (more bool, err error) {
	err = s.run(ctx, Sweep, nil, func() (err error) {
		more, err = s.inner.Sweep(ctx)
		return err
	})
	return more, err
}

// Ping pings the inner store, as the rules allow.
func (s *Store) Ping(ctx context.Context) error {
	return s.run(ctx, Ping, nil, func() error { return s.inner.Ping(ctx) })
}

// Close closes the inner store.
func (s *Store) Close() error { return s.inner.Close() }

// Export passes on what the inner store does. No rule is about it.
func (s *Store) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	return s.inner.Export(ctx, thorough, each)
}

// Entities is the inner store's: no rule is about it, nor about what follows.
func (s *Store) Entities(ctx context.Context, persistence, prefix, after string, most int) (keys []string, next string, err error) {
	return s.inner.Entities(ctx, persistence, prefix, after, most)
}

// History is the inner store's.
func (s *Store) History(ctx context.Context, id store.ID, first, last int64, each func(entity.Event) error) error {
	return s.inner.History(ctx, id, first, last, each)
}

// Figures are the inner store's.
func (s *Store) Figures(ctx context.Context) ([]store.Figure, error) { return s.inner.Figures(ctx) }
