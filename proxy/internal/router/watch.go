package router

import (
	"context"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// watch makes a call of an entity that streams its responses. One goroutine settles
// them as they come, another gives the caller what they come to: a caller that does not
// read holds up no side effect. When ctx ends, watch returns at once.
func (r *Router) watch(ctx context.Context, method Method, from source, command entity.Command, caller Caller) error {
	open, end := context.WithCancel(ctx) // for the entity to know that nobody listens any more
	outcomes, err := r.config.Runtime.SubmitStreamed(open, method.Target, from.id, command)
	if err != nil {
		end()
		return err
	}
	items := make(chan item, runtime.MaxResponses)
	ended := make(chan error, 2)
	r.working.Go(func() { // Ends with outcomes.
		defer end()
		if err := r.pass(ctx, method.Response, from, outcomes, items); err != nil {
			ended <- err
		}
		end()
		r.rest(ctx, from, outcomes)
	})
	r.working.Go(func() { // Ends with items, or with the caller's call.
		ended <- give(items, caller)
		end()
	})
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return fault.FromContext(ctx)
	}
}

// item is what the caller gets next: a reply, or the error that ends the call.
type item struct {
	reply *entityv1.Reply
	err   error
}

// pass settles one response after the other, until the last or the first that ends the
// call (REP-STREAM-005, REP-STREAM-007, REP-STREAM-008), and closes items behind them. The
// error ends the call at once: its caller does not read (REP-STREAM-011).
func (r *Router) pass(ctx context.Context, response string, from source, outcomes <-chan entity.Outcome, items chan<- item) error {
	defer close(items)
	for outcome := range outcomes {
		reply, err := r.settle(ctx, response, from, outcome)
		if reply == nil && err == nil {
			continue
		}
		select {
		case items <- item{reply, err}:
		default:
			return fault.New(fault.Exhausted, "%d responses wait for their caller, who does not read them", cap(items))
		}
		if err != nil {
			return nil
		}
	}
	return nil
}

// give gives the caller each item. It returns what ends the caller's call.
func give(items <-chan item, caller Caller) error {
	for next := range items {
		if next.err != nil {
			return next.err
		}
		if err := caller.Send(next.reply); err != nil {
			return err
		}
	}
	return nil
}

// rest settles what still comes when the caller's call is over: side effects are started
// all the same (REP-CANCEL-006), and forwards, for which nobody waits, are not sent
// (FX-FWD-008).
func (r *Router) rest(ctx context.Context, from source, outcomes <-chan entity.Outcome) {
	for outcome := range outcomes {
		outcome.Forward = nil
		_, _ = r.settle(ctx, "", from, outcome) // Nobody waits for it.
	}
}
