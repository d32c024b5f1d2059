// Package replica holds this node's copies of replicated entities. It opens a copy by
// merging what the store has of it, takes the changes of the activation here and of
// other nodes, and stores behind the answers: nobody waits for the store but those who
// ask for more than local consistency (REP-WRITE-003, REP-WRITE-004).
package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Config is what the copies stand on, and their limits. A limit of 0 becomes its
// default.
type Config struct {
	// Store keeps the copies.
	Store store.Replicas
	// Self names this process among the replicas. One that starts again is another.
	Self string
	// Slot is where the store keeps what this node has. It may outlive the process
	// where no two processes can use the store at once; otherwise it is Self.
	Slot string
	// Peers are the other nodes; nil where there are none.
	Peers Peers
	// Metrics is told what is stored; nil when nobody counts.
	Metrics Metrics
	// Log is for the operator.
	Log *slog.Logger

	// Interval is how long a change waits for the store at most, so that many go in
	// one write. Default 500 ms; no more than 1 s keeps REP-STORE-001.
	Interval time.Duration
	// SaveTimeout is how long one write may take. Default 10 s.
	SaveTimeout time.Duration
	// Unsaved is how many copies may wait for a store that takes no writes before no
	// other one is opened. Default 100,000.
	Unsaved int
}

// Metrics is told what is stored, from any goroutine. It returns at once.
type Metrics interface {
	// Saved says that one write of so many copies, of so many bytes, has ended.
	Saved(copies, bytes int, took time.Duration, err error)
}

// unmeasured is the Metrics of copies that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Saved(int, int, time.Duration, error) {}

// consistencyTime is how long a write consistency may take (REP-WRITE-005).
const consistencyTime = 5 * time.Second

func (c Config) validate() error {
	switch {
	case c.Store == nil:
		return errors.New("replica: Config.Store is missing")
	case c.Self == "" || c.Slot == "":
		return errors.New("replica: Config.Self or Config.Slot is missing")
	case c.Log == nil:
		return errors.New("replica: Config.Log is missing")
	case min(c.Interval, c.SaveTimeout) < 0 || c.Unsaved < 0:
		return errors.New("replica: a limit is negative")
	default:
		return nil
	}
}

func (c Config) withDefaults() Config {
	if c.Metrics == nil {
		c.Metrics = unmeasured{}
	}
	if c.Peers == nil {
		c.Peers = alone{c.Self}
	}
	if c.Interval == 0 {
		c.Interval = 500 * time.Millisecond
	}
	if c.SaveTimeout == 0 {
		c.SaveTimeout = 10 * time.Second
	}
	if c.Unsaved == 0 {
		c.Unsaved = 100_000
	}
	return c
}

// Replicas are this node's copies. Its methods may be called from any goroutine.
type Replicas struct {
	config  Config
	flusher flusher

	// mu guards copies. Whoever holds it may take the lock of one replica.
	mu     sync.Mutex
	copies map[store.ID]*replica
}

// New returns the copies of a node, none of which is open, or says what is wrong with
// the config. Close ends them.
func New(config Config) (*Replicas, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	r := &Replicas{config: config.withDefaults(), copies: map[store.ID]*replica{}}
	r.flusher.start(r)
	return r, nil
}

// Join begins one activation, of which the entity has one at a time. Changed is called
// when there may be something new in Changes; it does not wait. Leave ends it.
func (r *Replicas) Join(id store.ID, changed func()) *Copy {
	c := r.pin(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = changed
	return &Copy{of: r, replica: c, members: r.config.Peers.Members()}
}

// pin returns the entity's copy, which stays until it is unpinned.
func (r *Replicas) pin(id store.ID) *replica {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.copies[id]
	if c == nil {
		c = &replica{id: id, state: &crdt.State{}}
		r.copies[id] = c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pins++
	return c
}

// unpin lets the copy go once nothing of it has still to be stored.
func (r *Replicas) unpin(c *replica) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pins--
	r.forget(c)
}

// forget takes a copy out that nobody uses, and that the store has. The caller holds
// both locks.
func (r *Replicas) forget(c *replica) {
	if c.pins == 0 && c.saved == c.version && r.copies[c.id] == c {
		delete(r.copies, c.id)
	}
}

// Len returns how many copies are in memory.
func (r *Replicas) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.copies)
}

// Load feeds what this node has of the entity, which an activation has joined: what
// the store holds of every node, merged (REP-COPY-003), and what has come since. It
// returns an error that is store.ErrDeleted where the entity is deleted.
func (r *Replicas) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	c := r.pin(id)
	defer r.unpin(c)
	if err := r.open(ctx, c); err != nil {
		return err
	}
	state, deleted := c.show()
	if deleted {
		return fmt.Errorf("%w: %v", store.ErrDeleted, id)
	}
	return feed(entity.Opened{Replica: state, Self: r.config.Self, Members: r.config.Peers.Members()})
}

// open reads the copy from the store, once.
func (r *Replicas) open(ctx context.Context, c *replica) error {
	c.opening.Lock()
	defer c.opening.Unlock()
	if c.isOpen() {
		return nil
	}
	if unsaved := r.flusher.waiting(); unsaved >= r.config.Unsaved {
		return fault.New(fault.Unavailable, "%d replicated entities wait for a store that takes no writes: no other one is opened", unsaved)
	}
	stored, err := r.stored(ctx, c.id)
	if err != nil {
		return err
	}
	c.opened(stored)
	return nil
}

// stored returns what the store has of every node, merged.
func (r *Replicas) stored(ctx context.Context, id store.ID) (*crdt.State, error) {
	stored := &crdt.State{}
	err := r.config.Store.Replica(ctx, id, func(encoded []byte) error {
		state, err := crdt.Decode(encoded)
		if err != nil {
			return fmt.Errorf("%w: of %v: %w", store.ErrCorrupt, id, err)
		}
		stored.Merge(state)
		return nil
	})
	return stored, err
}

// Receive merges what another node has changed. It returns once the copy here has it;
// the store gets it as it gets a change of this node.
func (r *Replicas) Receive(ctx context.Context, id store.ID, delta []byte) error {
	change, err := crdt.Decode(delta)
	if err != nil {
		return err
	}
	c := r.pin(id)
	defer r.unpin(c)
	if err := r.open(ctx, c); err != nil {
		return err
	}
	c.take(change, true)
	r.flusher.ask(c, false)
	return nil
}

// Close stores what has still to be stored, and ends the copies. Where that fails it
// returns why; a change that is not stored by then is lost, and whoever waits for one
// hears so.
func (r *Replicas) Close(ctx context.Context) error { return r.flusher.stop(ctx) }

// Value returns the plain value of the entity as this node has it, and whether it is
// deleted; of one that is not in memory, as the store has it. Nothing is kept of that.
func (r *Replicas) Value(ctx context.Context, id store.ID) (value *crdt.Value, deleted bool, err error) {
	state := r.held(id)
	if state == nil {
		if state, err = r.stored(ctx, id); err != nil {
			return nil, false, err
		}
	}
	return state.Value(crdt.View{Self: r.config.Self, Members: r.config.Peers.Members()}), state.Deleted(), nil
}

// held returns a copy of the state that is in memory; nil where none is.
func (r *Replicas) held(id store.ID) *crdt.State {
	r.mu.Lock()
	c := r.copies[id]
	r.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open {
		return nil
	}
	c.fold()
	return c.state.Clone()
}
