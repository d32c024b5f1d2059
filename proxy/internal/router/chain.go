package router

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// sent is a command that its entity has taken.
type sent struct {
	id entity.ID
	// depth is how many forwards and side effects led to the command.
	depth   int
	outcome <-chan entity.Outcome
}

// errand is what a forward and a side effect have in common.
type errand interface {
	GetServiceName() string
	GetCommandName() string
	GetPayload() *anypb.Any
	GetMetadata() *entityv1.Metadata
}

// errandOf names the errand's target, for people.
func errandOf(e errand) string { return e.GetServiceName() + "/" + e.GetCommandName() }

// submit hands a command to its entity.
func (r *Router) submit(
	ctx context.Context, method Method, id entity.ID, command entity.Command, depth int,
) (sent, error) {
	outcome, err := r.config.Runtime.Submit(ctx, method.Target, id, command)
	return sent{id: id, depth: depth, outcome: outcome}, err
}

// settle brings a command with this outcome to its end: each side effect starts,
// and a synchronous one ends, before the next; then comes the reply, or what the
// forward's target answers (FX-EFF-004, FX-FWD-002).
func (r *Router) settle(ctx context.Context, from sent, outcome entity.Outcome) (*entityv1.Reply, error) {
	for _, effect := range outcome.SideEffects {
		r.effect(ctx, from, effect)
	}
	if outcome.Forward == nil {
		return outcome.Reply, outcome.Err
	}
	next, err := r.follow(ctx, from, outcome.Forward, "FX-FWD-001")
	if err != nil {
		return nil, err
	}
	return r.settle(ctx, next, <-next.outcome)
}

// waits reports whether settling the outcome takes time.
func waits(outcome entity.Outcome) bool {
	for _, effect := range outcome.SideEffects {
		if effect.GetSynchronous() {
			return true
		}
	}
	return outcome.Forward != nil
}

// effect starts one side effect. It outlives the caller, but not its own time.
// Its failure is logged, and changes nothing else (FX-EFF-005).
func (r *Router) effect(ctx context.Context, from sent, effect *entityv1.SideEffect) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.EffectTimeout)
	next, err := r.follow(ctx, from, effect, "FX-EFF-001")
	if err != nil {
		cancel()
		r.contain(from, effect, err)
		return
	}
	ended := make(chan struct{})
	r.aside(func() {
		defer cancel()
		defer close(ended)
		if _, err := r.settle(ctx, next, <-next.outcome); err != nil {
			r.contain(from, effect, err)
		}
	})
	if !effect.GetSynchronous() {
		return
	}
	select {
	case <-ended:
	case <-time.After(r.config.EffectTimeout):
		r.contain(from, effect, fault.New(fault.Deadline, "it did not end in %v, and is not waited for any longer", r.config.EffectTimeout))
	}
}

// contain logs the failure of a side effect.
func (r *Router) contain(from sent, effect *entityv1.SideEffect, err error) {
	r.config.Log.Warn("a side effect failed", "entity", from.id, "effect", errandOf(effect), "error", err)
}

// follow hands over the command that a forward or a side effect asks for. Where
// it leads nowhere, the function is told which sentence it broke.
func (r *Router) follow(ctx context.Context, from sent, e errand, requirement string) (sent, error) {
	depth := from.depth + 1
	if depth > r.config.Depth { // FX-FWD-004
		return sent{}, fault.New(fault.Depth, "more than %d forwards and side effects follow one from another", r.config.Depth)
	}
	method, id, err := r.address(e)
	if err != nil {
		r.report(ctx, from.id, requirement, err)
		return sent{}, err
	}
	metadata := e.GetMetadata()
	if len(metadata.GetEntries()) == 0 {
		metadata = nil // CORE-META-001: absent, not empty.
	}
	// CORE-CMD-004: the type URL is the proxy's, whatever prefix the function used.
	payload := &anypb.Any{TypeUrl: method.Input, Value: e.GetPayload().GetValue()}
	command := entity.Command{Name: e.GetCommandName(), Payload: payload, Metadata: metadata}
	return r.submit(ctx, method, id, command, depth)
}

// address finds the method and the entity that a forward or a side effect names.
func (r *Router) address(e errand) (Method, entity.ID, error) {
	method, ok := r.config.Services.Method(e.GetServiceName(), e.GetCommandName())
	if !ok {
		return Method{}, entity.ID{}, fault.New(fault.Unknown,
			"a forward or side effect leads to %s, which nobody serves", errandOf(e))
	}
	if got, want := messageName(e.GetPayload().GetTypeUrl()), messageName(method.Input); got != want {
		return Method{}, entity.ID{}, fault.New(fault.Internal,
			"a forward or side effect to %s carries %q, and the method takes %q", errandOf(e), got, want)
	}
	key, err := method.Key(e.GetPayload().GetValue())
	if err != nil {
		return Method{}, entity.ID{}, fault.New(fault.KindOf(err),
			"a forward or side effect to %s names no entity: %w", errandOf(e), err)
	}
	return method, entity.ID{Service: e.GetServiceName(), Entity: key}, nil
}

// messageName returns the full name of a message from its type URL.
func messageName(typeURL string) string { return typeURL[strings.LastIndexByte(typeURL, '/')+1:] }

// report tells the function, and the operator, of a mistake.
func (r *Router) report(ctx context.Context, id entity.ID, requirement string, err error) {
	r.config.Log.Warn("the function broke a requirement", "entity", id, "requirement", requirement, "text", err.Error())
	r.config.Reporter.Report(ctx, id, entity.Report{
		Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: err.Error(),
	})
}
