package router

import (
	"context"
	"errors"

	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/trace"
	"github.com/stateward/stateward/proxy/internal/wire"
)

var _ durable.Sender = (*Router)(nil)

// deliver makes the first attempt at a side effect that is stored under the id. A
// synchronous one is waited for until that has ended (FX-DUR-007).
func (r *Router) deliver(ctx context.Context, from source, effect *entityv1.SideEffect, id string) {
	body := durable.NewBody(from.id, from.key, from.trace, from.principal, from.depth, effect, id)
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.EffectTimeout)
	result := r.attempt(attempt, cancel, body, r.aside)
	ended := r.config.Durable.Began(id, from.persistence, body, from.sent, result)
	if effect.GetSynchronous() && !r.within(ended) {
		r.contain(from, effect, fault.New(fault.Deadline, "its first attempt did not end in %v", r.config.EffectTimeout))
	}
}

// Send makes a later attempt at a stored side effect.
func (r *Router) Send(ctx context.Context, body durable.Body) <-chan durable.Result {
	if !r.enter() {
		return resulting(resultOf(errStopping()))
	}
	defer r.working.Done()
	return r.attempt(ctx, func() {}, body, r.working.Go) // Whoever asks bounds them.
}

// attempt makes one attempt at a stored side effect: it is sent before attempt returns,
// and done is called when its result is known. Beside runs what takes time. Called only
// while working is not 0.
func (r *Router) attempt(ctx context.Context, done func(), body durable.Body, beside func(func())) <-chan durable.Result {
	from := source{trace: body.Trace, principal: body.Principal, depth: body.Depth - 1, effect: true}
	to, refused := r.prepare(from, body.Errand, role{effect: 1}, keyingOfStored(body))
	if refused != nil {
		done()
		result := resultOf(refused.err)
		result.Never = refused.requirement
		return resulting(result)
	}
	ctx, metadata, span := r.begin(ctx, trace.Durable, &to.source, to.method, to.metadata)
	to.metadata = metadata
	outcome, err := r.dispatch(ctx, "", to, beside)
	if err != nil {
		done()
		span.End(err)
		return resulting(resultOf(err))
	}
	result := make(chan durable.Result, 1)
	beside(func() {
		defer done()
		answered := <-outcome
		_, err := r.settle(ctx, "", to.source, answered)
		span.End(err)
		result <- judge(to.method, answered, err)
	})
	return result
}

// keyingOfStored is that of a stored side effect: its own key, or the one that the proxy
// has given it (FX-DUR-005).
func keyingOfStored(body durable.Body) keying {
	return func(method Method, own *entityv1.Metadata) (string, error) {
		switch {
		case header.HasKey(own, ""):
			return ownKey(method, own)
		case method.Kind == wire.Replicated:
			return "", nil
		default:
			return body.Key, nil
		}
	}
}

// judge says what came of an attempt: the target's outcome, and the error with which
// that was settled.
func judge(method Method, answered entity.Outcome, err error) durable.Result {
	result := resultOf(err)
	if method.Kind != wire.Action && isForEver(answered.Err) {
		result.Never = "FX-DUR-011"
	}
	return result
}

// isForEver reports whether an entity will never take the command: its key is that of
// another request (IDEM-REPEAT-005), or the entity was deleted (ES-DEL-004, REP-DEL-006).
func isForEver(err error) bool {
	refused, is := errors.AsType[*fault.Error](err)
	return is && (refused.Kind == fault.Invalid || refused.Kind == fault.NotFound)
}

// resultOf is the result of an attempt that came to the error (FX-DUR-004).
func resultOf(err error) durable.Result {
	if err == nil || errors.Is(err, fault.ErrNothing) {
		return durable.Result{Delivered: true}
	}
	s := status.Convert(err)
	result := durable.Result{Code: s.Code(), Text: s.Message()}
	if failure, is := errors.AsType[*entity.Failure](err); is {
		result.Delivered, result.RetryAfter = !failure.Retryable, failure.RetryAfter
	}
	return result
}

// resulting is a channel that has the result.
func resulting(result durable.Result) <-chan durable.Result {
	channel := make(chan durable.Result, 1)
	channel <- result
	return channel
}
