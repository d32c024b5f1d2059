package router

import (
	"context"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// Metrics is told what follows from commands. Its methods may be called from any
// goroutine, and return at once.
type Metrics interface {
	// Forwarded says that a forward is followed.
	Forwarded()
	// EffectStarted says that a side effect of the mode is started, EffectFailed that
	// one has failed, or was not waited for any longer: that of a durable one is its
	// keeper's to tell.
	EffectStarted(mode string)
	EffectFailed(mode string)
}

// The modes of side effects.
const (
	modeDurable      = "durable"
	modeSynchronous  = "synchronous"
	modeAsynchronous = "asynchronous"
)

// modeOf returns the mode of a side effect.
func modeOf(effect *entityv1.SideEffect) string {
	switch {
	case effect.GetDurable():
		return modeDurable
	case effect.GetSynchronous():
		return modeSynchronous
	default:
		return modeAsynchronous
	}
}

// Failures writes down what failed, for the operator. Its methods may be called from any
// goroutine, and return at once.
type Failures interface {
	// CommandFailed says that a caller's command has failed: that of the method, for
	// the entity, which may have no key. Trace is the id of its trace; empty where it
	// has none.
	CommandFailed(method string, id entity.ID, trace string, err error)
	// EffectFailed says the same of a side effect to the method, of the source.
	EffectFailed(method string, source entity.ID, trace string, err error)
}

// unmeasured is the Metrics of a router that nobody watches, and unwritten its Failures.
type (
	unmeasured struct{}
	unwritten  struct{}
)

var (
	_ Metrics  = unmeasured{}
	_ Failures = unwritten{}
)

func (unmeasured) Forwarded()           {}
func (unmeasured) EffectStarted(string) {}
func (unmeasured) EffectFailed(string)  {}

func (unwritten) CommandFailed(string, entity.ID, string, error) {}
func (unwritten) EffectFailed(string, entity.ID, string, error)  {}

// failed writes down that a caller's command has failed, if it has.
func (r *Router) failed(from source, err error) {
	if err != nil {
		r.config.Failures.CommandFailed(from.name, from.id, header.TraceID(from.trace), err)
	}
}

// contain takes note of the failure of a side effect, which is its own alone.
func (r *Router) contain(from source, effect *entityv1.SideEffect, err error) {
	r.config.Metrics.EffectFailed(modeOf(effect))
	r.config.Failures.EffectFailed(targetOf(effect), from.id, header.TraceID(from.trace), err)
}

// begin begins the span of the source's command, which has this metadata, and returns the
// context and the metadata with which it goes on. What follows from the command is part
// of its trace (META-TRACE-006).
func (r *Router) begin(
	ctx context.Context, role trace.Role, from *source, method Method, metadata *entityv1.Metadata,
) (context.Context, *entityv1.Metadata, trace.Span) {
	if r.config.Tracer == nil {
		return ctx, metadata, trace.Span{}
	}
	ctx, metadata, span := r.config.Tracer.Command(ctx, trace.Command{
		Role: role, Service: from.id.Service, Method: from.name, Kind: method.Kind.String(),
	}, metadata)
	span.Entity(from.id)
	from.trace = header.Trace(metadata)
	return ctx, metadata, span
}
