// Package router brings a command to its entity or its action, and what follows from
// it to an end: the side effects in their order, then the reply, or the forward.
package router

import (
	"context"
	"errors"
	"sync"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/trace"
	"github.com/stateward/stateward/proxy/internal/wire"
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

// Call has the unary method with the short name of the service with the full name
// carry out a request, whose bytes are not written to, and returns the reply, which
// is of the method's output type.
// The error is a fault.Error, the *entity.Failure that the domain gave, or has the
// status with which an action has ended its call.
//
// When ctx ends first, Call returns at once, unless all the goroutines of
// Config.Background are busy. A command that waits is then never sent; one that
// is sent runs to its end, and so do its side effects. An action's call is cancelled.
func (r *Router) Call(
	ctx context.Context, service, name string, request []byte, metadata *entityv1.Metadata,
) (*entityv1.Reply, error) {
	if !r.enter() {
		return nil, errStopping()
	}
	defer r.working.Done()
	from := source{
		id: entity.ID{Service: service}, name: name,
		trace: header.Trace(metadata), principal: header.OfPrincipal(metadata),
	}
	reply, err := r.call(ctx, &from, request, metadata)
	r.failed(from, err)
	return reply, err
}

// call makes the call of a caller, which is the source's command.
func (r *Router) call(ctx context.Context, from *source, request []byte, metadata *entityv1.Metadata) (*entityv1.Reply, error) {
	method, err := r.config.Services.Method(from.id.Service, from.name)
	if err != nil {
		return nil, err
	}
	if method.Shape != wire.Unary {
		return nil, errReshaped(from)
	}
	key, err := keyOf(method, metadata)
	if err != nil {
		return nil, err
	}
	if err := r.fits(method, request, metadata); err != nil {
		return nil, err
	}
	if *from, err = from.addressed(ctx, method, key, request); err != nil {
		return nil, err
	}
	ctx, metadata, span := r.begin(ctx, trace.Call, from, method, metadata)
	reply, err := r.carry(ctx, method, *from, request, metadata)
	span.End(err)
	return reply, err
}

// carry has the method's entity or action carry out a caller's request.
func (r *Router) carry(
	ctx context.Context, method Method, from source, request []byte, metadata *entityv1.Metadata,
) (*entityv1.Reply, error) {
	if method.Kind == wire.Action {
		return r.ask(ctx, method, from, method.Response, request, metadata, 0)
	}
	outcome, err := r.config.Runtime.Submit(ctx, method.Target, from.id, from.command(method, request, metadata))
	if err != nil {
		return nil, err
	}
	return r.await(ctx, method.Response, from, outcome)
}

// await waits for the outcome of a command and settles it, as long as ctx allows.
func (r *Router) await(ctx context.Context, response string, from source, outcome <-chan entity.Outcome) (*entityv1.Reply, error) {
	select {
	case outcome := <-outcome:
		if !waits(outcome) {
			return r.settle(ctx, response, from, outcome)
		}
		return r.attend(ctx, func() (*entityv1.Reply, error) { return r.settle(ctx, response, from, outcome) })
	case <-ctx.Done():
		return r.attend(ctx, func() (*entityv1.Reply, error) { return r.settle(ctx, response, from, <-outcome) })
	}
}

// keyOf returns the idempotency key of a caller's call of the method; "" when it has
// none. A replicated entity, and a method that streams, takes none (IDEM-KIND-001,
// IDEM-KIND-002).
func keyOf(method Method, metadata *entityv1.Metadata) (string, error) {
	key, err := header.Key(metadata)
	switch {
	case err != nil || key == "":
		return "", err
	case method.Shape != wire.Unary:
		return "", fault.New(fault.Invalid, "a method that is %s takes no %s: there is no one answer to record", method.Shape, header.IdempotencyKey)
	case method.Kind == wire.Replicated:
		return "", fault.New(fault.Invalid, "a replicated entity takes no %s: several proxies answer at once", header.IdempotencyKey)
	default:
		return key, nil
	}
}

// Drain takes no further call, brings those under way to their end with all that
// follows from them, and then drains the runtime and the calls of actions. When ctx
// ends first it gives up what is left, and returns the reason.
func (r *Router) Drain(ctx context.Context) error {
	r.mu.Lock()
	r.drained = true
	r.mu.Unlock()
	if r.config.Durable != nil {
		r.config.Durable.Stop()
	}
	quiet := make(chan struct{})
	go func() { // Ends with the calls; joined below.
		r.working.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done(): // Whoever has what is left then gives it up.
	}
	err := r.config.Runtime.Drain(ctx) // first: calls may wait for entities, and no entity for a call
	if r.config.Calls != nil {
		err = errors.Join(err, r.config.Calls.Drain(ctx))
	}
	<-quiet
	if r.config.Durable != nil {
		err = errors.Join(err, r.config.Durable.Drain(ctx))
	}
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

// errReshaped is for a call that was begun while the function served the method in
// another shape.
func errReshaped(from *source) error {
	return fault.New(fault.Unavailable, "%s/%s has another shape since the function was discovered anew: try again", from.id.Service, from.name)
}

func errStopping() error { return fault.New(fault.Unavailable, "the proxy is stopping") }

// aside runs work on a goroutine of the router's. When all of them are busy it
// runs here: the caller is slowed down, and nothing is lost or queued. That
// cannot deadlock, for work waits for entities and actions alone, and neither waits
// for a router. Called only while working is not 0.
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
