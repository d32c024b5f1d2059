package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// lease is how long those of these tests are.
const lease = 6 * time.Second

// expectFenced fails the test unless no write is taken under the fence, and nothing
// of it is stored. The entity has one event.
func (c trial) expectFenced(fence store.Fence) {
	c.t.Helper()
	b, change := batch(1, "lost"), update(0, "lost")
	b.Fence, change.Fence = fence, fence
	b.Beside, change.Beside = c.answer("lost"), c.answer("lost")
	for what, err := range map[string]error{
		"Append":   c.append(c.t.Context(), cartID(), b),
		"Write":    c.write(c.t.Context(), cartID(), change),
		"Snapshot": c.store.Snapshot(c.t.Context(), cartID(), fence, *snapshot(1, "lost")),
	} {
		if !errors.Is(err, store.ErrFenced) {
			c.t.Errorf("%s under %v = %v, want ErrFenced", what, fence, err)
		}
	}
	c.expect(cartID(), history{Events: events(1, "a")})
	c.expectValue(cartID(), store.Value{})
	c.expectRecord(cartID(), "lost", nil)
}

// expectRefused fails the test unless the owner has the shard, under the epoch.
func (c trial) expectRefused(node store.Node, fence store.Fence, owner store.Node) {
	c.t.Helper()
	claim, err := c.store.Claim(c.t.Context(), node.ID, fence.Shard)
	if want := (store.Claim{Epoch: fence.Epoch, Owner: owner}); err != nil || claim != want {
		c.t.Fatalf("Claim(%v, %d) = %v, %v, want %v", node, fence.Shard, claim, err, want)
	}
}

// takeover fails the test unless the node gets the shard under a newer epoch.
func (c trial) takeover(node store.Node, old store.Fence) store.Fence {
	c.t.Helper()
	fence := c.claim(node, old.Shard)
	if fence.Epoch <= old.Epoch {
		c.t.Fatalf("Claim(%v) gives the epoch %d after %d", node, fence.Epoch, old.Epoch)
	}
	return fence
}

// renew prolongs the node's lease.
func (c trial) renew(node store.Node) error { return c.store.Renew(c.t.Context(), node.ID, lease) }

// fencedStoresNothing lets a shard change hands twice: only the newest epoch writes,
// and other shards are not concerned.
func (c trial) fencedStoresNothing() {
	c.add(cartID(), batch(0, "a"))
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, lease)
	c.join(second, lease)
	old := c.claim(first, 1)
	elsewhere := c.claim(first, 2)
	c.clock.move(lease)
	newer := c.takeover(second, old)
	c.expectFenced(old)

	b := batch(0, "b")
	b.Fence = elsewhere
	c.add(store.ID{Persistence: "cart", Entity: "elsewhere"}, b)
	b.Fence = newer
	c.add(store.ID{Persistence: "cart", Entity: "newer"}, b)

	if err := c.store.Release(c.t.Context(), second.ID, newer.Shard); err != nil {
		c.t.Fatalf("Release: %v", err)
	}
	c.takeover(second, newer)
	c.expectFenced(old)
	c.expectFenced(newer)
}

func (c trial) leaseKeepsOthersOut() {
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, lease)
	c.join(second, long)
	fence := c.claim(first, 1)
	if again := c.claim(first, 1); again != fence {
		c.t.Errorf("claimed again, the shard is at the epoch %d after %d", again.Epoch, fence.Epoch)
	}
	c.expectRefused(second, fence, first)
	c.clock.move(lease - time.Millisecond)
	c.expectRefused(second, fence, first)
	if err := c.renew(first); err != nil {
		c.t.Fatalf("Renew: %v", err)
	}
	c.clock.move(lease - time.Millisecond)
	c.expectRefused(second, fence, first)
	c.clock.move(time.Millisecond)
	c.takeover(second, fence)
}

// leaseRenewedLate: nobody has taken a shard, so nothing was lost.
func (c trial) leaseRenewedLate() {
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, lease)
	c.join(second, long)
	fence := c.claim(first, 1)
	c.clock.move(2 * lease)
	if err := c.renew(first); err != nil {
		c.t.Fatalf("Renew = %v, though nobody has taken the shard", err)
	}
	c.expectRefused(second, fence, first)

	c.clock.move(long / 2) // still within the lease of the second
	c.sweep()
	if err := c.renew(first); err != nil {
		c.t.Fatalf("Renew after a sweep = %v, though nobody has taken the shard", err)
	}
}

// leaseOver: whoever has lost one shard of two cannot go on as if nothing was.
func (c trial) leaseOver() {
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, lease)
	c.join(second, long)
	fence := c.claim(first, 1)
	c.claim(first, 2)
	c.clock.move(lease)
	c.takeover(second, fence)
	for range 2 {
		if err := c.renew(first); !errors.Is(err, store.ErrFenced) {
			c.t.Errorf("Renew after the shard was taken = %v, want ErrFenced", err)
		}
	}
}

func (c trial) releaseGivesBack() {
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, long)
	c.join(second, long)
	fence, kept := c.claim(first, 1), c.claim(first, 2)
	release := func(node store.Node) {
		c.t.Helper()
		if err := c.store.Release(c.t.Context(), node.ID, fence.Shard); err != nil {
			c.t.Fatalf("Release: %v", err)
		}
	}
	release(second) // it has nothing
	c.expectRefused(second, fence, first)
	release(first)
	newer := c.takeover(second, fence)
	release(first) // it has it no more
	c.expectRefused(first, newer, second)
	c.expectRefused(second, kept, first)
}

func (c trial) leaveGivesBack() {
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, long)
	c.join(second, long)
	one, two := c.claim(first, 1), c.claim(first, 2)
	if err := c.store.Leave(c.t.Context(), first.ID); err != nil {
		c.t.Fatalf("Leave: %v", err)
	}
	c.takeover(second, one)
	c.takeover(second, two)
	if err := c.renew(first); !errors.Is(err, store.ErrFenced) {
		c.t.Errorf("Renew after Leave = %v, want ErrFenced", err)
	}
}

// nameTakesOver: a node that has started again does not wait for its own lease.
func (c trial) nameTakesOver() {
	c.add(cartID(), batch(0, "a"))
	old, again, nameless := c.clock.node("stable"), c.clock.node("stable"), c.clock.node("")
	c.join(old, long)
	fence := c.claim(old, 1)
	c.join(nameless, long)
	free := c.claim(nameless, 2)

	c.join(again, long)
	c.takeover(again, fence)
	c.expectFenced(fence)
	if err := c.renew(old); !errors.Is(err, store.ErrFenced) {
		c.t.Errorf("Renew of the older one = %v, want ErrFenced", err)
	}
	other := c.clock.node("")
	c.join(other, long)
	c.expectRefused(other, free, nameless) // no name is not the same name
}

// claimedByOneOfMany lets nodes race for shards that are nobody's.
func (c trial) claimedByOneOfMany() {
	const shards = 20
	winners := make([][]string, shards)
	nodes := make([]store.Node, racers)
	for i := range nodes {
		nodes[i] = c.clock.node(fmt.Sprint("racer", i))
		c.join(nodes[i], long)
	}
	c.race(shards, func(racer int, at int64) (string, error) {
		claim, err := c.store.Claim(c.t.Context(), nodes[racer].ID, 100+int32(at))
		if err == nil && claim.Owner != nodes[racer] {
			err = store.ErrConflict // lost
		}
		return nodes[racer].ID, err
	}, winners)
}
