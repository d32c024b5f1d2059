package replica

import (
	"errors"
	"slices"
	"sync"
	"time"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// replica is this node's copy of one entity.
type replica struct {
	id store.ID
	// opening is held by whoever reads it from the store.
	opening sync.Mutex

	// mu guards what follows.
	mu sync.Mutex
	// pins counts those who use it.
	pins int
	// open says that state has what the store had.
	open bool
	// state is what was merged, but for fresh, which is what has come since: to join
	// small deltas costs little, and to join them to a large state does not.
	state, fresh *crdt.State
	// version counts the changes, and saved is the one that the store has.
	version, saved uint64
	// queued says where it waits for the store.
	queued urgency
	// waits are those who wait for the store, oldest first.
	waits []*wait
	// changed tells the activation of news, which have come from elsewhere and which
	// it has not seen; nil where there is none.
	changed func()
	news    *crdt.State
}

// wait is somebody who waits for a write consistency.
type wait struct {
	version uint64
	// stored and spread say which of the two has come about.
	stored, spread bool
	timer          *time.Timer
	done           func(error)
}

func (c *replica) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

func (c *replica) opened(stored *crdt.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stored.Merge(c.state)
	c.state, c.open = stored, true
}

// show returns the whole state as an activation begins with it; nil while there is
// nothing of it.
func (c *replica) show() (state []byte, deleted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fold()
	c.news = nil
	if c.state.Type() == crdt.Unset && !c.state.Changes() {
		return nil, false
	}
	return c.state.Encode(), c.state.Deleted()
}

// fold merges what is fresh. The caller holds mu.
func (c *replica) fold() {
	if c.fresh != nil {
		c.state.Merge(c.fresh)
		c.fresh = nil
	}
}

// take merges a change, and returns its number. One from elsewhere is news.
func (c *replica) take(change *crdt.State, elsewhere bool) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	c.fresh = joined(c.fresh, change)
	if elsewhere && c.changed != nil {
		c.news = joined(c.news, change)
		c.changed()
	}
	return c.version
}

func joined(to, change *crdt.State) *crdt.State {
	if to == nil {
		to = &crdt.State{}
	}
	to.Merge(change)
	return to
}

// Copy is one activation's part in a copy. Its methods are called from one goroutine at
// a time.
type Copy struct {
	of      *Replicas
	replica *replica
	// members are those whom the activation knows of.
	members []string
}

// Changes returns what has come from elsewhere, and who is there, since Load, or since
// it was called last.
func (c *Copy) Changes() entity.Merged {
	c.replica.mu.Lock()
	defer c.replica.mu.Unlock()
	merged := entity.Merged{}
	if members := c.of.config.Peers.Members(); !slices.Equal(members, c.members) {
		merged.Members, c.members = members, members
	}
	if c.replica.news != nil {
		merged.Delta = c.replica.news.Encode()
		c.replica.news = nil
	}
	return merged
}

// Apply makes the change, and does not wait (REP-WRITE-002). Where the change asks for
// more than local consistency, spread is called once with what came of it.
func (c *Copy) Apply(change entity.Apply, spread func(error)) {
	waits := change.Consistency != replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	delta, err := crdt.Decode(change.Delta)
	if err != nil {
		c.of.config.Log.Error("a change of a replicated entity cannot be read", "entity", c.replica.id, "error", err)
		if waits {
			spread(err)
		}
		return
	}
	version := c.replica.take(delta, false)
	var reached func()
	needed := others(change.Consistency, len(c.of.config.Peers.Members()))
	if waits {
		w := c.replica.await(version, needed == 0, spread)
		reached = func() { c.replica.spread(w) }
	}
	c.of.config.Peers.Spread(c.replica.id, change.Delta, needed, reached)
	c.of.flusher.ask(c.replica, waits)
}

// Leave ends the activation.
func (c *Copy) Leave() {
	c.replica.mu.Lock()
	c.replica.changed, c.replica.news = nil, nil
	c.replica.mu.Unlock()
	c.of.unpin(c.replica)
}

// errMissed says that a write consistency was not reached in time.
var errMissed = errors.New("too few copies have the change in time")

// await has done called once the change with the number is stored and spread, or has
// not been in time.
func (c *replica) await(version uint64, spread bool, done func(error)) *wait {
	w := &wait{version: version, spread: spread, done: done}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, w)
	w.timer = time.AfterFunc(consistencyTime, func() { c.settle(errMissed, func(other *wait) bool { return other == w }) })
	return w
}

// spread notes that enough others have the change.
func (c *replica) spread(w *wait) {
	c.mu.Lock()
	w.spread = true
	c.mu.Unlock()
	c.settle(nil, func(other *wait) bool { return other == w && w.stored })
}

// stored notes that the store has every change up to the number.
func (c *replica) stored(version uint64) {
	c.mu.Lock()
	c.saved = max(c.saved, version)
	for _, w := range c.waits {
		w.stored = w.stored || w.version <= version
	}
	c.mu.Unlock()
	c.settle(nil, func(w *wait) bool { return w.stored && w.spread })
}

// settle tells those who wait and for whom over says so.
func (c *replica) settle(err error, over func(*wait) bool) {
	for _, w := range c.settled(over) {
		w.timer.Stop()
		w.done(err)
	}
}

// settled takes out those who wait and for whom over says so, in their order.
func (c *replica) settled(over func(*wait) bool) []*wait {
	c.mu.Lock()
	defer c.mu.Unlock()
	var gone, left []*wait
	for _, w := range c.waits {
		if over(w) {
			gone = append(gone, w)
		} else {
			left = append(left, w)
		}
	}
	c.waits = left
	return gone
}
