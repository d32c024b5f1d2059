// Package single is a cluster of one node. It claims every shard that it needs, by the
// same leases as a node among many, so that a second proxy on the same store, started by
// mistake or in place of one that was believed dead, is fenced off.
package single

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/cluster"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/shard"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Node is this process among those that write to the store: the only one that is meant
// to be there.
type Node struct {
	config Config
	// stop ends the renewals, and renewed is closed when they have ended.
	stop    context.CancelFunc
	renewed chan struct{}

	// mu guards what follows.
	mu sync.Mutex
	// id is that of this incarnation. One whose lease was over, and of which somebody
	// has taken a shard, is followed by another.
	id string
	// until is when the lease is over, by the clock of this process: counted from before
	// the renewal was sent, so that it is never later than what the store counts.
	until time.Time
	// claims are the epochs of the shards that this incarnation has.
	claims map[int32]int64
}

var (
	_ cluster.Membership = (*Node)(nil)
	_ cluster.Ownership  = (*Node)(nil)
	_ cluster.Transport  = (*Node)(nil)
)

// Join makes this process known to the store, and renews its lease until Leave.
func Join(ctx context.Context, config Config) (*Node, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	n := &Node{config: config.withDefaults(), renewed: make(chan struct{})}
	if err := n.join(ctx); err != nil {
		return nil, err
	}
	var beating context.Context
	beating, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	go n.beat(beating) // Leave waits for it.
	return n, nil
}

// Leave gives back all that the node has. A node that cannot reach the store has left
// too: its lease runs out.
func (n *Node) Leave(ctx context.Context) error {
	n.stop()
	<-n.renewed
	n.mu.Lock()
	id := n.id
	n.until, n.claims = time.Time{}, nil
	n.mu.Unlock()
	return n.config.Leases.Leave(ctx, id)
}

// Members returns this node, while it has its lease.
func (n *Node) Members() []store.Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.leased() {
		return nil
	}
	return []store.Node{{ID: n.id, Name: n.config.Name}}
}

// Changed returns a channel that is never closed: nobody comes or goes.
func (*Node) Changed() <-chan struct{} { return nil }

// Forward refuses: there is no other node.
func (*Node) Forward(_ context.Context, to store.Node, id entity.ID, _ entity.Command) (entity.Outcome, error) {
	return entity.Outcome{}, fault.New(fault.Unavailable, "%s belongs to the proxy %q, which cannot be reached: this one is configured to be alone", id, to.ID)
}

// Own claims the entity's shard, where that has not been done. It waits as long as a
// lease lasts for one that another node has: that is this one before it was killed.
func (n *Node) Own(ctx context.Context, id store.ID) (store.Fence, error) {
	number := shard.Of(id.Persistence, id.Entity)
	end := time.Now().Add(n.config.Length + n.config.beat())
	for {
		fence, err := n.own(ctx, number)
		if _, held := errors.AsType[*cluster.Elsewhere](err); !held || time.Now().After(end) {
			return fence, err
		}
		select {
		case <-time.After(n.config.beat()):
		case <-ctx.Done():
			return store.Fence{}, err
		}
	}
}

// own claims the shard, or says who has it.
func (n *Node) own(ctx context.Context, number int32) (store.Fence, error) {
	n.mu.Lock()
	id, epoch, leased := n.id, n.claims[number], n.leased()
	n.mu.Unlock()
	switch {
	case !leased:
		return store.Fence{}, fault.New(fault.Unavailable, "the store has not renewed this proxy's lease: it may write nothing now")
	case epoch > 0:
		return store.Fence{Shard: number, Epoch: epoch}, nil
	}
	claim, err := n.config.Leases.Claim(ctx, id, number)
	switch {
	case err != nil:
		return store.Fence{}, fault.New(fault.Unavailable, "the store does not say who may write: %w", err)
	case claim.Owner.ID != id:
		return store.Fence{}, &cluster.Elsewhere{Shard: number, Owner: claim.Owner}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.id == id && n.claims != nil {
		n.claims[number] = claim.Epoch
	}
	return store.Fence{Shard: number, Epoch: claim.Epoch}, nil
}

// Lost drops the claim of the shard, unless it has been claimed anew since.
func (n *Node) Lost(fence store.Fence) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.claims[fence.Shard] == fence.Epoch {
		delete(n.claims, fence.Shard)
	}
}

// Holds reports whether the lease lasts and the shard was not lost.
func (n *Node) Holds(fence store.Fence) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.leased() && n.claims[fence.Shard] == fence.Epoch
}

// leased reports whether the lease lasts. The caller holds mu.
func (n *Node) leased() bool { return time.Now().Before(n.until) }
