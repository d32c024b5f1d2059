// Package runtime gives entities life: it activates them, hands them their
// commands, performs what their machines ask for, and passivates them.
//
// An instance is one entity in memory. It is in the directory from the entity's first
// command until no command waits for it and its last stream has ended, so that at
// most one stream is open for an entity, and no command is lost between two
// activations. One goroutine at a time serves an instance, and none while nothing is to
// be done for it: an entity that is idle, or waits, is data, and the goroutine of gRPC
// that waits for the function.
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
	// running counts the instances, and what the runtime has goroutines for.
	running sync.WaitGroup
	// workers serve the instances, and write for them.
	workers *workers
	// resting are the entities that may be passivated.
	resting resting
	// retirement watches connections.
	retirement retirement
	// directory has the instances, until it is closed.
	directory *directory
	// refused closes draining, and the directory, once.
	refused sync.Once
}

// New returns a runtime without entities, or says what is wrong with the config.
// Drain or Close ends it.
func New(config Config) (*Runtime, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	ctx, abort := context.WithCancel(context.Background())
	r := &Runtime{
		config:     config.withDefaults(),
		ctx:        ctx,
		abort:      abort,
		draining:   make(chan struct{}),
		retirement: retirement{watches: map[<-chan struct{}]*watch{}},
		directory:  newDirectory(),
	}
	r.workers = newWorkers(r.do)
	return r, nil
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
	return r.submit(id, &call{ctx: ctx, target: target, command: command, outcome: make(chan entity.Outcome, 1)})
}

// SubmitStreamed is Submit for a method that streams its responses. The channel gets
// each of them as an outcome, and is closed after the last. The call ends with an
// outcome of the fault Exhausted when more than [MaxResponses] wait in the channel
// (REP-STREAM-011), and is the entity's to end when ctx does.
func (r *Runtime) SubmitStreamed(
	ctx context.Context, target Target, id entity.ID, command entity.Command,
) (<-chan entity.Outcome, error) {
	command.Streamed = true
	return r.submit(id, &call{ctx: ctx, target: target, command: command, outcome: make(chan entity.Outcome, MaxResponses+1)})
}

// submit puts the call into the mailbox of its entity.
func (r *Runtime) submit(id entity.ID, c *call) (<-chan entity.Outcome, error) {
	if _, known := r.config.Kinds[c.target.Kind]; !known {
		return nil, fault.New(fault.Internal, "no machine runs entities of kind %q", c.target.Kind)
	}
	c.metrics, c.submitted = r.config.Metrics, time.Now()
	c.waits = c.submitted
	c.trail = r.config.Tracer.Follow(c.ctx)
	if c.command.Key != "" {
		c.asked = askedBy(c.command)
	}
	for {
		i, err := r.instance(id)
		if err != nil {
			return nil, err
		}
		taken, err := i.submit(c)
		if err != nil {
			return nil, err
		}
		if taken {
			return c.outcome, nil
		}
	}
}

// instance returns the entity's instance, which may be over when it is looked at.
func (r *Runtime) instance(id entity.ID) (*instance, error) {
	i := r.directory.findOrAdd(id, func() *instance {
		r.running.Add(1) // Ends in forget.
		return newInstance(r, id)
	})
	if i == nil {
		return nil, fault.New(fault.Unavailable, "the proxy is stopping")
	}
	return i, nil
}

// forget takes the instance, which is over, out of the directory.
func (r *Runtime) forget(i *instance) {
	r.directory.remove(i.id)
	r.running.Done()
}

// Drain takes no further command, finishes those that it has, passivates every
// entity and returns when all is quiet. When ctx ends first it gives up what is
// left, whose callers get UNAVAILABLE, and returns the reason of ctx.
func (r *Runtime) Drain(ctx context.Context) error {
	r.refuse()
	quiet := make(chan struct{})
	go func() { // Ends with the instances; joined below.
		r.settled()
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
	r.settled()
}

// settled returns when all is quiet.
func (r *Runtime) settled() {
	r.running.Wait()
	r.workers.close()
}

// refuse makes Submit refuse, and every idle entity passivate.
func (r *Runtime) refuse() {
	r.refused.Do(func() {
		close(r.draining)
		for _, i := range r.directory.close() {
			i.wake()
		}
	})
}

// drains reports whether the runtime drains.
func (r *Runtime) drains() bool {
	select {
	case <-r.draining:
		return true
	default:
		return false
	}
}
