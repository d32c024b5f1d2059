package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// trial is one test and the store that it is about.
type trial struct {
	t     test
	store store.Store
	clock *clock
	fence store.Fence // with which it writes
}

// test is what a trial needs of its test: one of testing's, or of rapid's.
type test interface {
	rapid.TB
	Context() context.Context
}

// shard is the one that all entities of a trial belong to.
const shard = 7

// long is a lease that no trial outlasts.
const long = 10_000 * time.Hour

// newTrial returns a trial that has joined, and has claimed the shard.
func newTrial(t test, s store.Store, clock *clock) trial {
	t.Helper()
	c := trial{t: t, store: s, clock: clock}
	node := clock.node("tester")
	c.join(node, long)
	c.fence = c.claim(node, shard)
	return c
}

// join fails the test unless the node joins.
func (c trial) join(node store.Node, length time.Duration) {
	c.t.Helper()
	if err := c.store.Join(c.t.Context(), node, length); err != nil {
		c.t.Fatalf("Join(%v): %v", node, err)
	}
}

// claim fails the test unless the node gets the shard.
func (c trial) claim(node store.Node, number int32) store.Fence {
	c.t.Helper()
	claim, err := c.store.Claim(c.t.Context(), node.ID, number)
	if err != nil || claim.Owner != node || claim.Epoch < 1 {
		c.t.Fatalf("Claim(%v, %d) = %v, %v, want the shard", node, number, claim, err)
	}
	return store.Fence{Shard: number, Epoch: claim.Epoch}
}

// append appends the batch under the trial's fence, where it has none.
func (c trial) append(ctx context.Context, id store.ID, b store.Batch) error {
	if b.Fence == (store.Fence{}) {
		b.Fence = c.fence
	}
	return c.store.Append(ctx, id, b)
}

// write writes the change under the trial's fence, where it has none.
func (c trial) write(ctx context.Context, id store.ID, change store.Change) error {
	if change.Fence == (store.Fence{}) {
		change.Fence = c.fence
	}
	return c.store.Write(ctx, id, change)
}

// snapshot stores a snapshot that stands alone.
func (c trial) snapshot(id store.ID, snapshot *entity.Snapshot) error {
	return c.store.Snapshot(c.t.Context(), id, c.fence, *snapshot)
}

// add fails the test unless the batch is stored.
func (c trial) add(id store.ID, b store.Batch) {
	c.t.Helper()
	if err := c.append(c.t.Context(), id, b); err != nil {
		c.t.Fatalf("Append(%v, %d): %v", id, b.Expected, err)
	}
}

// put fails the test unless the change is stored.
func (c trial) put(id store.ID, change store.Change) {
	c.t.Helper()
	if err := c.write(c.t.Context(), id, change); err != nil {
		c.t.Fatalf("Write(%v, %d): %v", id, change.Expected, err)
	}
}

// clock is what time it is for the store. It stands still until it is set.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	nodes int // how many there have been
}

func newClock() *clock { return &clock{now: time.UnixMilli(1_790_000_000_123).UTC()} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// move moves the clock on, or back.
func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// node returns one that nobody has seen, with the name.
func (c *clock) node(name string) store.Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes++
	id := fmt.Sprint(name, "#", c.nodes)
	return store.Node{ID: id, Address: id + ".example:7777", Name: name}
}

func cartID() store.ID { return store.ID{Persistence: "cart", Entity: "1"} }
