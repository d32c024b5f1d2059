package runtime

import (
	"slices"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// instance is one entity in memory: its mailbox, and one activation after another.
type instance struct {
	runtime *Runtime
	id      entity.ID
	// rest is the instance's place among those that rest; guarded by resting.mu.
	rest place

	// mu guards what follows, and what an activation says it guards. Whoever holds it
	// may take the locks of the runtime, of resting and of retirement, and no other
	// instance's.
	mu sync.Mutex
	// changed tells those that wait for mu's things to look again.
	changed sync.Cond
	// mailbox holds the commands that wait, oldest first.
	mailbox []*call
	// keys are the idempotency keys of the calls under way, and repeating is how many
	// calls wait for one of those.
	keys      map[string]*keyed
	repeating int
	// running says that a goroutine serves the instance.
	running bool
	// over says that the instance has left the directory.
	over bool
	// anew says that an activation is wanted though no command may wait; of the target.
	anew *Target
	// active is the activation; nil between two. The goroutine that serves the
	// instance alone sets it.
	active *activation
}

func newInstance(r *Runtime, id entity.ID) *instance {
	i := &instance{runtime: r, id: id}
	i.changed.L = &i.mu
	return i
}

// run serves the entity until nothing is to be done, or until no command waits for it. It
// returns what this goroutine does next.
func (i *instance) run() job {
	for i.begin() {
		if next, open := i.active.work(); open {
			return next
		}
		i.active.end()
	}
	return job{}
}

// begin sees to it that there is an activation. False means that nobody wants one: the
// instance leaves the directory in the same breath, and a later command makes a new one; or
// that the store is asked first whether anybody does.
func (i *instance) begin() bool {
	if i.active != nil {
		return true
	}
	i.mu.Lock()
	i.prune()
	var target Target
	switch {
	case len(i.mailbox) > 0 && !i.mailbox[0].isLookedUp():
		target = i.mailbox[0].target
	case i.anew != nil && !i.runtime.drains():
		target = *i.anew
	case len(i.mailbox) > 0 || len(i.keys) > 0: // What they wait for stirs the instance.
		i.running = false
		i.mu.Unlock()
		return false
	default:
		i.over = true
		i.mu.Unlock()
		i.runtime.forget(i)
		return false
	}
	i.anew = nil
	i.active = newActivation(i, target)
	if len(i.mailbox) > 0 {
		i.active.trail = i.mailbox[0].trail
	}
	i.mu.Unlock()
	i.runtime.crowd()
	i.active.recover()
	return true
}

// stir has the instance served: something has happened. The caller holds mu.
func (i *instance) stir() {
	if i.running {
		i.changed.Broadcast()
		return
	}
	if i.over {
		return
	}
	i.serve()
	i.runtime.work(job{serves: i})
}

// serve notes that a goroutine serves the instance. The caller holds mu.
func (i *instance) serve() {
	i.running = true
	i.runtime.resting.leave(i)
}

// wake is stir for whoever does not hold mu.
func (i *instance) wake() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stir()
}

// evict passivates the entity, unless it has something to do. It is not counted as
// active any more.
func (i *instance) evict() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.active == nil || i.active.evicted {
		i.runtime.resting.stays() // It went by itself, or goes for another.
		return
	}
	i.active.evicted = true
	i.stir()
}

// submit puts a command into the mailbox. It is not taken when the instance is over.
func (i *instance) submit(c *call) (taken bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over {
		return false, nil
	}
	if err := i.doubts(); err != nil {
		return false, err
	}
	if i.full() {
		return false, fault.New(fault.Exhausted, "%d commands already wait for %s: try again later", i.runtime.config.Mailbox, i.id)
	}
	if c.command.Streamed {
		c.metrics.Streamed(c.target.Kind, +1)
	}
	if i.records(c) && i.repeats(c) {
		return true, nil
	}
	i.mailbox = append(i.mailbox, c)
	c.waiting(+1)
	i.stir()
	return true, nil
}

// requeue puts commands that were sent back to the head of the mailbox, in their
// order. Those that wait no more are found when their turn comes (CORE-TIME-009).
func (i *instance) requeue(calls []*call) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range calls {
		c.unsent()
		c.waiting(+1)
	}
	i.mailbox = slices.Concat(calls, i.mailbox)
}

// refuse fails every command that waits now, but for those of which the store is still
// asked whether they were answered before. Later ones get their own try.
func (i *instance) refuse(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	waited := i.mailbox
	i.mailbox = nil
	for _, c := range waited {
		if c.isLookedUp() {
			i.mailbox = append(i.mailbox, c)
			continue
		}
		c.waiting(-1)
		c.complete(entity.Outcome{Err: err})
	}
}

// prune answers the oldest commands whose callers have gone: they are never
// sent. The caller holds mu.
func (i *instance) prune() {
	for len(i.mailbox) > 0 && i.mailbox[0].ctx.Err() != nil {
		if heir := i.mailbox[0].leave(); heir != nil {
			i.mailbox[0] = heir
		} else {
			i.shift()
		}
	}
}

// full reports whether no further command may wait, when those whose callers
// have gone are answered: they do not wait any more (CORE-LIMIT-002). The caller
// holds mu.
func (i *instance) full() bool {
	limit := i.runtime.config.Mailbox
	if len(i.mailbox)+i.repeating < limit {
		return false
	}
	waited := i.mailbox
	i.mailbox = nil
	for _, c := range waited {
		if c.ctx.Err() != nil {
			c = c.leave()
		}
		if c != nil {
			i.mailbox = append(i.mailbox, c)
		}
	}
	for _, k := range i.keys {
		k.prune()
	}
	return len(i.mailbox)+i.repeating >= limit
}

// pop takes the oldest command; nil when there is none that may be sent. The caller
// holds mu.
func (i *instance) pop() *call {
	if len(i.mailbox) == 0 || i.mailbox[0].isLookedUp() {
		return nil
	}
	c := i.mailbox[0]
	i.shift()
	c.waiting(-1)
	return c
}

// shift takes the oldest command out. The caller holds mu.
func (i *instance) shift() {
	i.mailbox[0] = nil // Its caller may be done with it long before the array is.
	if i.mailbox = i.mailbox[1:]; len(i.mailbox) == 0 {
		i.mailbox = nil // An idle entity keeps no array.
	}
}
