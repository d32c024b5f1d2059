package runtime

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// instance is one entity in memory: its mailbox, and the goroutine that serves
// it by one activation after another.
type instance struct {
	runtime *Runtime
	id      entity.ID
	// mailbox holds the commands that wait, oldest first; guarded by runtime.mu.
	mailbox []*call
	// wake holds a token when a command may have come since the last look.
	wake chan struct{}
}

func newInstance(r *Runtime, id entity.ID) *instance {
	return &instance{runtime: r, id: id, wake: make(chan struct{}, 1)}
}

// run serves the entity until no command waits for it.
func (i *instance) run() {
	for {
		target, waited := i.awaited()
		if !waited {
			return
		}
		if err := i.serve(target); err != nil {
			i.refuse(err)
		}
	}
}

// serve runs one activation. An error means that it came to nothing: it ended
// before its first command, and the next one would end the same way.
func (i *instance) serve(target Target) error {
	a, err := i.open(target)
	if err != nil {
		return err
	}
	defer a.end()
	if err := a.recover(); err != nil {
		return err
	}
	a.work()
	return a.last.Err
}

// push adds a command. The caller holds runtime.mu.
func (i *instance) push(c *call) {
	i.mailbox = append(i.mailbox, c)
	c.metrics.Waiting(c.target.Kind, +1)
	select {
	case i.wake <- struct{}{}:
	default: // The token is there already.
	}
}

// awaited returns the target of the oldest command that waits. When none does,
// the instance leaves the map in the same breath: a later command makes a new one.
func (i *instance) awaited() (Target, bool) {
	i.runtime.mu.Lock()
	defer i.runtime.mu.Unlock()
	i.prune()
	if len(i.mailbox) == 0 {
		delete(i.runtime.instances, i.id)
		return Target{}, false
	}
	return i.mailbox[0].target, true
}

// next takes the oldest command that waits; nil when none does.
func (i *instance) next() *call {
	i.runtime.mu.Lock()
	defer i.runtime.mu.Unlock()
	i.prune()
	return i.pop()
}

// refuse fails every command that waits now. Later ones get their own try.
func (i *instance) refuse(err error) {
	i.runtime.mu.Lock()
	defer i.runtime.mu.Unlock()
	for c := i.pop(); c != nil; c = i.pop() {
		c.complete(entity.Outcome{Err: err})
	}
}

// prune answers the oldest commands whose callers have gone: they are never
// sent. The caller holds runtime.mu.
func (i *instance) prune() {
	for len(i.mailbox) > 0 && i.mailbox[0].ctx.Err() != nil {
		i.pop().abandon()
	}
}

// full reports whether no further command may wait, when those whose callers
// have gone are answered: they do not wait any more (CORE-LIMIT-002). The caller
// holds runtime.mu.
func (i *instance) full() bool {
	limit := i.runtime.config.Mailbox
	if len(i.mailbox) < limit {
		return false
	}
	i.mailbox = slices.DeleteFunc(i.mailbox, func(c *call) bool {
		if c.ctx.Err() == nil {
			return false
		}
		c.metrics.Waiting(c.target.Kind, -1)
		c.abandon()
		return true
	})
	return len(i.mailbox) >= limit
}

// pop takes the oldest command. The caller holds runtime.mu.
func (i *instance) pop() *call {
	if len(i.mailbox) == 0 {
		return nil
	}
	c := i.mailbox[0]
	i.mailbox[0] = nil // Its caller may be done with it long before the array is.
	i.mailbox = i.mailbox[1:]
	c.metrics.Waiting(c.target.Kind, -1)
	return c
}

// call is one command on its way.
type call struct {
	// ctx is the caller's. It counts only until the command is sent.
	ctx       context.Context
	target    Target
	command   entity.Command
	metrics   Metrics
	submitted time.Time
	// outcome has room for the one outcome, so that nobody has to wait for it.
	outcome chan entity.Outcome
}

// abandon answers a caller who has gone.
func (c *call) abandon() { c.complete(entity.Outcome{Err: fault.FromContext(c.ctx)}) }

// complete answers the caller; exactly once for each call.
func (c *call) complete(outcome entity.Outcome) {
	c.metrics.Commanded(c.target.Kind, status.Code(outcome.Err), time.Since(c.submitted))
	c.outcome <- outcome
}
