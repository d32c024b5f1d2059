// Package runtime gives entities life: it activates them, hands them their
// commands one by one, performs what their machines ask for, and passivates them.
//
// One goroutine owns one entity, the instance. It is in the map from the
// entity's first command until its mailbox is empty and its last stream has
// ended, so that at most one stream is open for an entity, and no command is
// lost between two activations.
package runtime

import (
	"context"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Runtime runs the entities of one user function. Its methods may be called from
// any goroutine.
type Runtime struct {
	config Config
	// ctx ends when the runtime gives up what is under way: it resets every
	// stream and cancels every call of the store.
	ctx   context.Context
	abort context.CancelFunc
	// draining is closed once no command is taken any more.
	draining chan struct{}
	// running counts the instances' goroutines.
	running sync.WaitGroup

	// mu guards what follows, and the mailbox of every instance.
	mu        sync.Mutex
	drained   bool
	instances map[entity.ID]*instance
}

// New returns a runtime without entities, or says what is wrong with the config.
// Drain or Close ends it.
func New(config Config) (*Runtime, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	ctx, abort := context.WithCancel(context.Background())
	return &Runtime{
		config:    config.withDefaults(),
		ctx:       ctx,
		abort:     abort,
		draining:  make(chan struct{}),
		instances: map[entity.ID]*instance{},
	}, nil
}

// Submit hands a command to its entity and returns at once. The channel gets
// exactly one outcome, sooner or later, whatever happens; nobody has to receive
// it. A command whose ctx ends while it waits is never sent; one that is sent runs
// to its end.
//
// An error means that the command was not taken: the fault is Exhausted when
// the entity's mailbox is full, and Unavailable when the runtime drains.
func (r *Runtime) Submit(
	ctx context.Context, target Target, id entity.ID, command entity.Command,
) (<-chan entity.Outcome, error) {
	if r.config.Machines[target.Kind] == nil {
		return nil, fault.New(fault.Internal, "no machine runs entities of kind %q", target.Kind)
	}
	c := &call{
		ctx: ctx, target: target, command: command, metrics: r.config.Metrics,
		submitted: time.Now(), outcome: make(chan entity.Outcome, 1),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drained {
		return nil, fault.New(fault.Unavailable, "the proxy is stopping")
	}
	i := r.instances[id]
	if i == nil {
		i = newInstance(r, id)
		r.instances[id] = i
		r.running.Go(i.run)
	}
	if i.full() {
		return nil, fault.New(fault.Exhausted, "%d commands already wait for %s: try again later", len(i.mailbox), id)
	}
	i.push(c)
	return c.outcome, nil
}

// Drain takes no further command, finishes those that it has, passivates every
// entity and returns when all is quiet. When ctx ends first it gives up what is
// left, whose callers get UNAVAILABLE, and returns the reason of ctx.
func (r *Runtime) Drain(ctx context.Context) error {
	r.refuse()
	quiet := make(chan struct{})
	go func() { // Ends with the instances; joined below.
		r.running.Wait()
		close(quiet)
	}()
	defer r.abort()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		r.abort()
		<-quiet
		return context.Cause(ctx)
	}
}

// Close gives up whatever is under way and returns when all is quiet.
func (r *Runtime) Close() {
	r.refuse()
	r.abort()
	r.running.Wait()
}

// refuse makes Submit refuse, and every idle entity passivate.
func (r *Runtime) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.drained {
		r.drained = true
		close(r.draining)
	}
}
