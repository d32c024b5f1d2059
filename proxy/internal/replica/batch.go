package replica

import (
	"context"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// What one write takes at most: so many copies, and so many bytes but for the first.
const (
	maxBatch = 256
	maxBytes = 4 << 20
)

// one is a copy on its way to the store.
type one struct {
	copy    *replica
	version uint64
	state   []byte
}

// take returns what the next write stores, oldest first.
func (f *flusher) take() []one {
	f.queue.Lock()
	defer f.queue.Unlock()
	var batch []one
	bytes := 0
	for len(f.urgent) > 0 && bytes < maxBytes && len(batch) < maxBatch {
		next := f.urgent[0].snapshot()
		f.urgent[0] = nil
		f.urgent = f.urgent[1:]
		batch = append(batch, next)
		bytes += len(next.state)
	}
	return batch
}

// snapshot returns the copy as it is now.
func (c *replica) snapshot() one {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued = never
	c.fold()
	return one{copy: c, version: c.version, state: c.state.Encode()}
}

// save makes one write. What it did not store waits on.
func (f *flusher) save(batch []one) error {
	if len(batch) == 0 {
		return nil
	}
	replicas, bytes := make([]store.Replica, len(batch)), 0
	for i, next := range batch {
		replicas[i] = store.Replica{ID: next.copy.id, State: next.state}
		bytes += len(next.state)
	}
	ctx, cancel := context.WithTimeout(f.ctx, f.of.config.SaveTimeout)
	defer cancel()
	begin := time.Now()
	err := f.of.config.Store.Save(ctx, f.of.config.Slot, replicas)
	f.of.config.Metrics.Saved(len(batch), bytes, time.Since(begin), err)
	if err != nil {
		f.of.config.Log.Error("the store did not take replicated entities", "entities", len(batch), "error", err)
		f.queue.Lock()
		defer f.queue.Unlock()
		for _, next := range batch {
			f.enqueue(next.copy, true)
		}
		return err
	}
	for _, next := range batch {
		next.copy.stored(next.version)
		f.of.release(next.copy)
	}
	return nil
}

// release lets a copy go that nobody uses, now that the store has it.
func (r *Replicas) release(c *replica) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	r.forget(c)
}
