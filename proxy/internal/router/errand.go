package router

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// errand is what a forward and a side effect have in common.
type errand interface {
	GetServiceName() string
	GetCommandName() string
	GetPayload() *anypb.Any
	GetMetadata() *entityv1.Metadata
}

// targetOf names the errand's target, for people.
func targetOf(e errand) string { return e.GetServiceName() + "/" + e.GetCommandName() }

// ready is an errand that can be sent.
type ready struct {
	// source is the target's command, from which others may follow in their turn.
	source

	method   Method
	request  []byte
	metadata *entityv1.Metadata
}

// refusal is why an errand is not sent.
type refusal struct {
	// requirement is the one that the source broke; empty when it broke none: the
	// function does not serve now.
	requirement string
	err         error
}

// prepare makes an errand ready to be sent. From is where it comes from, but for what
// is the source's alone.
func (r *Router) prepare(from source, e errand, as role, key keying) (ready, *refusal) {
	if from.depth++; from.depth > r.config.Depth {
		return ready{}, &refusal{"FX-FWD-004", // FX-DEPTH-003
			fault.New(fault.Depth, "more than %d forwards and side effects follow one from another", r.config.Depth)}
	}
	method, err := r.config.Services.Method(e.GetServiceName(), e.GetCommandName())
	switch {
	case err != nil && fault.KindOf(err) == fault.Unavailable:
		return ready{}, &refusal{"", err}
	case err != nil:
		return ready{}, &refusal{as.nowhere(), err}
	case method.Shape != wire.Unary:
		return ready{}, &refusal{
			as.streams(),
			fault.New(fault.Internal, "%s is %s, and a forward or side effect carries one request for one response", targetOf(e), method.Shape),
		}
	}
	own := header.Forwarded(e.GetMetadata())
	to := ready{source: from, method: method, request: e.GetPayload().GetValue()}
	if err = r.fits(method, to.request, own); err == nil {
		err = to.address(e, own, key)
	}
	if err != nil {
		return ready{}, &refusal{as.nowhere(), err}
	}
	to.metadata = header.WithPrincipal(withKey(header.WithTrace(own, from.trace), to.key), from.principal)
	to.trace = header.Trace(to.metadata)
	return to, nil
}

// address finds the entity or the action that an errand names (FX-FWD-007, FX-EFF-006),
// and its key.
func (to *ready) address(e errand, own *entityv1.Metadata, key keying) (err error) {
	if input := messageName(to.method.Input); !entity.IsOf(e.GetPayload(), input) {
		return fault.New(fault.Internal, "a forward or side effect carries %q, and %s takes %q",
			e.GetPayload().GetTypeUrl(), targetOf(e), input)
	}
	to.id, to.name, to.persistence, to.sent = entity.ID{Service: e.GetServiceName()}, e.GetCommandName(), "", 0
	if to.method.Kind != wire.Action {
		to.persistence = to.method.Target.Persistence
		if to.id.Entity, err = to.method.Key(to.request); err != nil {
			return err
		}
	}
	to.key, err = key(to.method, own)
	return err
}

// dispatch sends an errand. An entity is handed the command before dispatch returns, so
// that those to one entity arrive in their order (FX-ORDER-001). The channel gets one
// outcome: that of an action is settled. Response is as in settle; beside runs what takes
// time.
func (r *Router) dispatch(ctx context.Context, response string, to ready, beside func(func())) (<-chan entity.Outcome, error) {
	if to.method.Kind != wire.Action {
		return r.config.Runtime.Submit(ctx, to.method.Target, to.id, to.command(to.method, to.request, to.metadata))
	}
	var patience time.Duration
	if to.effect { // Nobody waits for it (FX-EFF-010). Its time is over once it is sent (FX-TIME-002).
		ctx, patience = context.WithoutCancel(ctx), r.config.EffectTimeout
	}
	outcome := make(chan entity.Outcome, 1)
	beside(func() {
		reply, err := r.ask(ctx, to.method, to.source, response, to.request, to.metadata, patience)
		outcome <- entity.Outcome{Reply: reply, Err: err}
	})
	return outcome, nil
}

// fits returns what is wrong with a request that is too large, or whose metadata is
// (CORE-LIMIT-003, CORE-LIMIT-010); nil when the function can take the command that
// carries it: one that is too large would cost its entity the stream (FX-LIMIT-001,
// CORE-LIMIT-013).
func (r *Router) fits(method Method, request []byte, metadata *entityv1.Metadata) error {
	size := header.Size(metadata)
	if size > r.config.MaxMetadata {
		return fault.New(fault.Exhausted, "the metadata of the request has %d bytes, and may have %d", size, r.config.MaxMetadata)
	}
	if size += len(request); size > method.MaxRequest {
		return fault.New(fault.Exhausted, "the request has %d bytes, metadata included, and may have %d", size, method.MaxRequest)
	}
	return nil
}

// messageName returns the full name of a message from its type URL.
func messageName(typeURL string) string { return typeURL[strings.LastIndexByte(typeURL, '/')+1:] }
