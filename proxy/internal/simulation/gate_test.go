package simulation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

var (
	// errDisk is what a write says whose outcome is unknown.
	errDisk = errors.New("simulation: the disk says no")
	// errKilled is what nobody hears.
	errKilled = errors.New("simulation: the proxy was killed")
)

// gate is the store of one proxy: each call of it waits until the driver lets it go.
// What has to do with leases, which have tests of their own, passes.
type gate struct {
	store.Store // what is not held

	disk *disk
	bugs defects

	mu   sync.Mutex
	dead bool
	// away says that the proxy cannot reach what holds its lease.
	away bool
	open []*operation // in the order in which they came
}

// operation is one call that waits.
type operation struct {
	name string
	// place is what it reads or writes: of two operations on one place the older one
	// goes first.
	place string
	// write is nil of a read, which its caller makes once it may.
	write func(store.Store) error
	// fence is the right under which it is made; zero where it needs none.
	fence store.Fence
	// saves are the copies that a write stores, and began is when it came.
	saves []store.Replica
	began int
	// verdict has room for the one.
	verdict chan error
	// certain says that nothing goes wrong with it, and fresh that the driver has not
	// seen it yet.
	certain, fresh bool
	// torn says that a read gets half of what is there; set before the verdict.
	torn bool
}

func newGate(disk *disk, bugs defects) *gate { return &gate{Store: disk.live, disk: disk, bugs: bugs} }

// cut cuts the proxy off from what holds its lease, or ends that.
func (g *gate) cut(away bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.away = away
}

// hold waits for the verdict. A write whose caller gives up stays open.
func (g *gate) hold(ctx context.Context, op *operation) error {
	op.verdict, op.fresh = make(chan error, 1), true
	g.mu.Lock()
	if g.dead {
		g.mu.Unlock()
		return errKilled
	}
	if g.bugs.hasty && op.write != nil {
		g.mu.Unlock()
		return g.disk.put(false, op)
	}
	g.open = append(g.open, op)
	g.mu.Unlock()
	select {
	case err := <-op.verdict:
		return err
	case <-ctx.Done():
		if op.write == nil {
			g.remove(op)
		}
		return ctx.Err()
	}
}

func (g *gate) remove(op *operation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := range g.open {
		if g.open[n] == op {
			g.open = append(g.open[:n:n], g.open[n+1:]...)
			return
		}
	}
}

// ready returns the operations that may go now: those that are first at their place.
func (g *gate) ready() []*operation {
	g.mu.Lock()
	defer g.mu.Unlock()
	var ready []*operation
	taken := map[string]bool{}
	for _, op := range g.open {
		if !taken[op.place] {
			ready = append(ready, op)
		}
		if op.write != nil {
			taken[op.place] = true
		}
	}
	return ready
}

// fate is what becomes of an operation.
type fate int

const (
	done    fate = iota
	refused      // nothing is written, and the caller hears of a failure
	unknown      // it is written, and the caller hears of a failure
	torn         // half is read, and then what is not as it was written
)

func (f fate) String() string { return [...]string{"done", "refused", "unknown", "torn"}[f] }

// decide ends an operation.
func (g *gate) decide(op *operation, f fate) {
	g.remove(op)
	var err error
	if op.write != nil && f != refused {
		err = g.disk.put(true, op)
	}
	if op.torn = f == torn; (f == refused || f == unknown) && err == nil {
		err = errDisk
	}
	op.verdict <- err
}

// kill ends the process that has the store: of the writes that are open, those of keep
// have reached the disk.
func (g *gate) kill(keep map[*operation]bool) {
	ready := g.ready()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dead = true
	for _, op := range ready {
		if op.write != nil && keep[op] {
			_ = g.disk.put(true, op) // Nobody hears of it.
		}
	}
	for _, op := range g.open {
		op.verdict <- errKilled
	}
	g.open = nil
}

func place(id store.ID) string { return id.Persistence + "/" + id.Entity }

func (g *gate) writes(ctx context.Context, what string, id store.ID, fence store.Fence, write func(store.Store, store.Fence) error) error {
	return g.hold(ctx, &operation{name: what + " " + place(id), place: place(id), fence: fence, write: func(s store.Store) error {
		if g.bugs.unfenced {
			return write(s, store.Fence{Shard: fence.Shard, Epoch: 1 << 40})
		}
		return write(s, fence)
	}})
}

func (g *gate) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	what := fmt.Sprintf("append %d+%d", batch.Expected, len(batch.Events))
	return g.writes(ctx, what, id, batch.Fence, func(s store.Store, fence store.Fence) error {
		batch.Fence = fence
		return s.Append(context.Background(), id, batch)
	})
}

func (g *gate) Snapshot(ctx context.Context, id store.ID, fence store.Fence, snapshot entity.Snapshot) error {
	return g.writes(ctx, "snapshot", id, fence, func(s store.Store, fence store.Fence) error {
		return s.Snapshot(context.Background(), id, fence, snapshot)
	})
}

func (g *gate) Write(ctx context.Context, id store.ID, change store.Change) error {
	what := fmt.Sprintf("write %d+%d", change.Expected, change.Actions)
	return g.writes(ctx, what, id, change.Fence, func(s store.Store, fence store.Fence) error {
		change.Fence = fence
		return s.Write(context.Background(), id, change)
	})
}

func (g *gate) Save(ctx context.Context, node string, replicas []store.Replica) error {
	name := []string{"save"}
	for _, replica := range replicas {
		name = append(name, replica.ID.Entity)
	}
	return g.hold(ctx, &operation{name: strings.Join(name, " "), place: "copies", saves: replicas, write: func(s store.Store) error {
		return s.Save(context.Background(), node, replicas)
	}})
}

func (g *gate) Delivered(ctx context.Context, source store.ID, effect string) error {
	return g.hold(ctx, &operation{name: "delivered " + effect, place: effect, write: func(s store.Store) error {
		return s.Delivered(context.Background(), source, effect)
	}})
}

func (g *gate) Park(ctx context.Context, source store.ID, effect string, parking *store.Parking) error {
	return g.hold(ctx, &operation{name: "park " + effect, place: effect, write: func(s store.Store) error {
		return s.Park(context.Background(), source, effect, parking)
	}})
}

// What follows is not held, but lasts like everything else.

func (g *gate) now(write func(store.Store) error) error {
	g.mu.Lock()
	dead, away := g.dead, g.away
	g.mu.Unlock()
	switch {
	case dead:
		return errKilled
	case away:
		return errDisk
	}
	return g.disk.write(!g.bugs.hasty, write)
}

func (g *gate) Join(_ context.Context, node store.Node, length time.Duration) error {
	return g.now(func(s store.Store) error { return s.Join(context.Background(), node, length) })
}

func (g *gate) Renew(_ context.Context, node string, length time.Duration) error {
	return g.now(func(s store.Store) error { return s.Renew(context.Background(), node, length) })
}

func (g *gate) Claim(_ context.Context, node string, shard int32) (claim store.Claim, err error) {
	err = g.now(func(s store.Store) (err error) {
		claim, err = s.Claim(context.Background(), node, shard)
		return err
	})
	return claim, err
}

func (g *gate) Leave(_ context.Context, node string) error {
	return g.now(func(s store.Store) error { return s.Leave(context.Background(), node) })
}
