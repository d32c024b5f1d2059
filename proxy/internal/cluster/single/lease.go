package single

import (
	"context"
	"errors"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// join makes a new incarnation known. What the one before has claimed is not its own.
func (n *Node) join(ctx context.Context) error {
	id, sent := n.config.NewID(), time.Now()
	err := n.config.Leases.Join(ctx, store.Node{ID: id, Name: n.config.Name}, n.config.Length)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.id, n.until, n.claims = id, sent.Add(n.config.Length), map[int32]int64{}
	return nil
}

// beat renews the lease until ctx ends.
func (n *Node) beat(ctx context.Context) {
	defer close(n.renewed)
	ticks := time.NewTicker(n.config.beat())
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			if err := n.renew(ctx); err != nil && ctx.Err() == nil {
				n.config.Log.Error("the store has not renewed this proxy's lease", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// renew prolongs the lease, or begins another incarnation where another node has taken
// something of this one.
func (n *Node) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, n.config.beat())
	defer cancel()
	n.mu.Lock()
	id := n.id
	n.mu.Unlock()
	sent := time.Now()
	err := n.config.Leases.Renew(ctx, id, n.config.Length)
	if errors.Is(err, store.ErrFenced) {
		n.config.Log.Warn("another proxy has taken over what this one had: only one is meant to be there", "node", id)
		if err := n.config.Leases.Leave(ctx, id); err != nil {
			return err
		}
		return n.join(ctx)
	}
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.until = sent.Add(n.config.Length)
	return nil
}
