// Package router brings a command to its entity, and what follows from it to an
// end: the side effects in their order, then the reply, or the forward.
package router

import (
	"context"
	"sync"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Router routes commands. Its methods may be called from any goroutine.
type Router struct {
	config Config
	// slots holds a token for each goroutine in the background.
	slots chan struct{}
	// working counts the calls and those goroutines.
	working sync.WaitGroup

	mu      sync.Mutex
	drained bool
}

// New returns a router, or says what is wrong with the config. Drain ends it.
func New(config Config) (*Router, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	return &Router{config: config, slots: make(chan struct{}, config.Background)}, nil
}

// Call has the method with the short name of the service with the full name
// carry out a request, whose bytes are not written to, and returns the reply, which
// is of the method's output type.
// The error is a fault.Error, or the *entity.Failure that the domain gave.
//
// When ctx ends first, Call returns at once, unless all the goroutines of
// Config.Background are busy. A command that waits is then never sent; one that
// is sent runs to its end, and so do its side effects.
func (r *Router) Call(
	ctx context.Context, service, name string, request []byte, metadata *entityv1.Metadata,
) (*entityv1.Reply, error) {
	if !r.enter() {
		return nil, fault.New(fault.Unavailable, "the proxy is stopping")
	}
	defer r.working.Done()
	method, err := r.config.Services.Method(service, name)
	if err != nil {
		return nil, err
	}
	if err := r.fits(method, request, metadata); err != nil {
		return nil, err
	}
	key, err := method.Key(request)
	if err != nil {
		return nil, err
	}
	command := method.command(name, request, metadata)
	command.Deadline, _ = ctx.Deadline()
	sent, err := r.submit(ctx, method.Target, entity.ID{Service: service, Entity: key}, command, 0)
	if err != nil {
		return nil, err
	}
	select {
	case outcome := <-sent.outcome:
		if !waits(outcome) {
			return r.settle(ctx, method.Response, sent, outcome)
		}
		return r.attend(ctx, func() (*entityv1.Reply, error) { return r.settle(ctx, method.Response, sent, outcome) })
	case <-ctx.Done():
		return r.attend(ctx, func() (*entityv1.Reply, error) { return r.settle(ctx, method.Response, sent, <-sent.outcome) })
	}
}

// Drain takes no further call, brings those under way to their end with all that
// follows from them, and then drains the runtime. When ctx ends first it gives
// up what is left, and returns the reason.
func (r *Router) Drain(ctx context.Context) error {
	r.mu.Lock()
	r.drained = true
	r.mu.Unlock()
	quiet := make(chan struct{})
	go func() { // Ends with the calls; joined below.
		r.working.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done(): // The runtime then answers whatever is left.
	}
	err := r.config.Runtime.Drain(ctx)
	<-quiet
	return err
}

// enter counts a call in, unless the router drains.
func (r *Router) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.drained {
		r.working.Add(1)
	}
	return !r.drained
}

// aside runs work on a goroutine of the router's. When all of them are busy it
// runs here: the caller is slowed down, and nothing is lost or queued. That
// cannot deadlock, for work waits for entities alone, and no entity waits for a
// router. Called only while working is not 0.
func (r *Router) aside(work func()) {
	select {
	case r.slots <- struct{}{}:
		r.working.Go(func() {
			defer func() { <-r.slots }()
			work()
		})
	default:
		work()
	}
}

// attend runs work to its end and waits for its answer as long as ctx allows.
func (r *Router) attend(ctx context.Context, work func() (*entityv1.Reply, error)) (*entityv1.Reply, error) {
	var reply *entityv1.Reply
	var err error
	ended := make(chan struct{})
	r.aside(func() {
		defer close(ended)
		reply, err = work()
	})
	select {
	case <-ended:
		return reply, err
	case <-ctx.Done():
		return nil, fault.FromContext(ctx)
	}
}
