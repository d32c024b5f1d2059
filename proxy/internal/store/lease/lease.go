// Package lease is the table of who may write, for a store that one process has for
// itself: pure, and judged by the time that its owner gives it.
package lease

import (
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Table says which node has which shard, and under which epoch. Its owner guards it:
// one call at a time.
type Table struct {
	first  int64
	nodes  map[string]*node
	shards map[int32]shard
}

// node is one that has joined and not left.
type node struct {
	store.Node

	until  time.Time // when its lease is over
	robbed bool      // it was over, and somebody has taken a shard
}

// shard is one that somebody has claimed.
type shard struct {
	epoch int64
	owner string // the id of the node; that of none when it is nobody's
}

// New returns a table of nobody, where each shard is claimed first with the epoch:
// 1, or above all that an earlier table of the same store has given.
func New(first int64) *Table {
	return &Table{first: first, nodes: map[string]*node{}, shards: map[int32]shard{}}
}

// Join makes the node known, with a lease from now. An older one with its name has
// left by that.
func (t *Table) Join(joins store.Node, now time.Time, length time.Duration) error {
	if t.nodes[joins.ID] != nil {
		return fmt.Errorf("the node %q joins twice", joins.ID)
	}
	for id, n := range t.nodes {
		if joins.Name != "" && n.Name == joins.Name {
			t.Leave(id)
		}
	}
	t.nodes[joins.ID] = &node{Node: joins, until: now.Add(length)}
	return nil
}

// Renew prolongs the lease of the node, from now. It refuses one that was robbed or
// has left.
func (t *Table) Renew(id string, now time.Time, length time.Duration) error {
	n := t.nodes[id]
	if n == nil || n.robbed {
		return fmt.Errorf("%w: the lease of the node %q was over", store.ErrFenced, id)
	}
	n.until = now.Add(length)
	return nil
}

// Claim gives the shard to the node unless another has it, whose lease lasts.
func (t *Table) Claim(id string, number int32, now time.Time) (store.Claim, error) {
	claims := t.nodes[id]
	if claims == nil {
		return store.Claim{}, fmt.Errorf("%w: the node %q has not joined, or has left", store.ErrFenced, id)
	}
	s := t.shards[number]
	owner := t.nodes[s.owner]
	if owner != nil && owner != claims && now.Before(owner.until) {
		return store.Claim{Epoch: s.epoch, Owner: owner.Node}, nil
	}
	if owner != claims {
		if owner != nil {
			owner.robbed = true
		}
		s = shard{epoch: max(s.epoch+1, t.first), owner: id}
		t.shards[number] = s
	}
	return store.Claim{Epoch: s.epoch, Owner: claims.Node}, nil
}

// Release makes the shard nobody's, where it is the node's.
func (t *Table) Release(id string, number int32) {
	if s, claimed := t.shards[number]; claimed && s.owner == id {
		t.shards[number] = shard{epoch: s.epoch}
	}
}

// Leave releases all that the node has, and forgets it.
func (t *Table) Leave(id string) {
	for number := range t.shards {
		t.Release(id, number)
	}
	delete(t.nodes, id)
}

// Check returns an error that is store.ErrFenced when a newer epoch than the fence's
// has the shard, or had it last.
func (t *Table) Check(fence store.Fence) error {
	if at := t.shards[fence.Shard].epoch; at > fence.Epoch {
		return fmt.Errorf("%w: the shard %d is at the epoch %d, and the write is of %d",
			store.ErrFenced, fence.Shard, at, fence.Epoch)
	}
	return nil
}

// Newest returns an epoch that no claim is above.
func (t *Table) Newest() int64 {
	newest := t.first
	for _, s := range t.shards {
		newest = max(newest, s.epoch)
	}
	return newest
}
