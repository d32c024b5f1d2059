package replica

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// urgency says how soon a copy is to be stored.
type urgency uint8

const (
	never  urgency = iota // the store has it
	soon                  // within the interval
	urgent                // somebody waits for it
)

// flusher stores copies behind the answers. One goroutine does it, so that whatever
// comes during one write goes together in the next.
type flusher struct {
	of *Replicas
	// ctx ends when the last write is given up.
	ctx   context.Context
	abort context.CancelFunc
	// wake has room for one word: that there is something to do.
	wake chan struct{}
	done chan struct{}

	// queue guards what follows. Whoever holds it may take the lock of one replica.
	queue   sync.Mutex
	soon    []*replica
	urgent  []*replica
	stopped bool

	// result is what came of the last writes. It is written before done is closed.
	result error
}

func (f *flusher) start(of *Replicas) {
	f.of = of
	f.ctx, f.abort = context.WithCancel(context.Background())
	f.wake, f.done = make(chan struct{}, 1), make(chan struct{})
	go f.run() // Ends with stop, which waits for it.
}

// ask has the copy stored.
func (f *flusher) ask(c *replica, hurry bool) {
	f.queue.Lock()
	defer f.queue.Unlock()
	f.enqueue(c, hurry)
	f.stir()
}

// enqueue puts the copy into the queue where it is not in it yet. The caller holds the
// queue.
func (f *flusher) enqueue(c *replica, hurry bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case hurry && c.queued != urgent:
		c.queued = urgent // The other queue passes over it.
		f.urgent = append(f.urgent, c)
	case c.queued == never:
		c.queued = soon
		f.soon = append(f.soon, c)
	}
}

// run stores what is urgent at once, and everything else with it once the interval is
// over. After a write that failed it waits for the interval as well.
func (f *flusher) run() {
	defer close(f.done)
	interval := time.NewTimer(f.of.config.Interval)
	interval.Stop()
	defer interval.Stop()
	var due time.Time // when the interval is over; zero while none runs
	pausing := false
	for {
		select {
		case <-f.wake:
		case <-interval.C:
		}
		if f.over() {
			f.finish()
			return
		}
		if !due.IsZero() && !time.Now().Before(due) { // Whichever of the two was taken.
			due, pausing = time.Time{}, false
			f.promote()
		}
		if !pausing {
			pausing = f.save(f.take()) != nil
		}
		if urgent, soon := f.lengths(); urgent > 0 && !pausing {
			f.stir() // The next write, and the interval between the two.
		} else if due.IsZero() && urgent+soon > 0 {
			due = time.Now().Add(f.of.config.Interval)
			interval.Reset(f.of.config.Interval)
		}
	}
}

// stir says that there is something to do.
func (f *flusher) stir() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *flusher) over() bool {
	f.queue.Lock()
	defer f.queue.Unlock()
	return f.stopped
}

func (f *flusher) lengths() (urgent, soon int) {
	f.queue.Lock()
	defer f.queue.Unlock()
	return len(f.urgent), len(f.soon)
}

// waiting returns how many copies wait for the store.
func (f *flusher) waiting() int {
	urgent, soon := f.lengths()
	return urgent + soon
}

// promote makes urgent what is to be stored soon.
func (f *flusher) promote() {
	f.queue.Lock()
	defer f.queue.Unlock()
	for _, c := range f.soon {
		if c.hasten(soon, urgent) {
			f.urgent = append(f.urgent, c)
		}
	}
	f.soon = nil
}

// hasten moves the copy from one queue to another, if it is in the one.
func (c *replica) hasten(from, to urgency) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queued != from {
		return false
	}
	c.queued = to
	return true
}

// finish makes the last writes, and lets those who still wait know.
func (f *flusher) finish() {
	f.promote()
	for batch := f.take(); len(batch) > 0 && f.result == nil; batch = f.take() {
		f.result = f.save(batch)
	}
	err := errors.Join(store.ErrClosed, f.result)
	for _, c := range f.of.all() {
		c.settle(err, func(*wait) bool { return true })
	}
}

// all returns the copies that are in memory.
func (r *Replicas) all() []*replica {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.copies))
}

// stop makes the last writes and returns when all is quiet; the writes are given up
// when ctx ends.
func (f *flusher) stop(ctx context.Context) error {
	f.queue.Lock()
	f.stopped = true
	f.queue.Unlock()
	defer f.abort()
	defer context.AfterFunc(ctx, f.abort)()
	f.stir()
	<-f.done
	return f.result
}
