package router

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// sent is a command that its entity has taken.
type sent struct {
	id entity.ID
	// depth is how many forwards and side effects led to the command.
	depth   int
	outcome <-chan entity.Outcome
	// command is the id that the command has had on its stream; 0 before its
	// outcome is known.
	command int64
}

// errand is what a forward and a side effect have in common.
type errand interface {
	GetServiceName() string
	GetCommandName() string
	GetPayload() *anypb.Any
	GetMetadata() *entityv1.Metadata
}

// targetOf names the errand's target, for people.
func targetOf(e errand) string { return e.GetServiceName() + "/" + e.GetCommandName() }

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
	from.command = outcome.Command
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
	r.config.Log.Warn("a side effect failed", "entity", from.id, "effect", targetOf(effect), "error", err)
}

// follow hands over the command that a forward or a side effect asks for. Where
// it leads nowhere, the function is told which sentence it broke.
func (r *Router) follow(ctx context.Context, from sent, e errand, requirement string) (sent, error) {
	depth := from.depth + 1
	if depth > r.config.Depth {
		err := fault.New(fault.Depth, "more than %d forwards and side effects follow one from another", r.config.Depth)
		r.report(ctx, from, "FX-FWD-004", targetOf(e), err) // FX-DEPTH-003
		return sent{}, err
	}
	method, err := r.config.Services.Method(e.GetServiceName(), e.GetCommandName())
	var id entity.ID
	if err == nil {
		id, err = r.address(method, e)
	}
	if err != nil {
		if fault.KindOf(err) != fault.Unavailable { // That is no mistake: the function does not serve now.
			r.report(ctx, from, requirement, targetOf(e), err)
		}
		return sent{}, err
	}
	// CORE-CMD-004: the type URL is the proxy's, whatever prefix the function used.
	payload := &anypb.Any{TypeUrl: method.Input, Value: e.GetPayload().GetValue()}
	command := entity.Command{Name: e.GetCommandName(), Payload: payload, Metadata: header.Forwarded(e.GetMetadata())}
	return r.submit(ctx, method, id, command, depth)
}

// address finds the entity that a forward or a side effect names (FX-FWD-007,
// FX-EFF-006). What is too large for its function is not sent: that would cost
// the target its stream (FX-LIMIT-001).
func (r *Router) address(method Method, e errand) (entity.ID, error) {
	if size := len(e.GetPayload().GetValue()) + proto.Size(e.GetMetadata()); size > r.config.MaxErrand {
		return entity.ID{}, fault.New(fault.Exhausted, "a forward or side effect to %s has %d bytes, and may have %d",
			targetOf(e), size, r.config.MaxErrand)
	}
	if got, want := messageName(e.GetPayload().GetTypeUrl()), messageName(method.Input); got != want {
		return entity.ID{}, fault.New(fault.Internal, "a forward or side effect carries %q, and %s takes %q",
			got, targetOf(e), want)
	}
	key, err := method.Key(e.GetPayload().GetValue())
	return entity.ID{Service: e.GetServiceName(), Entity: key}, err
}

// messageName returns the full name of a message from its type URL.
func messageName(typeURL string) string { return typeURL[strings.LastIndexByte(typeURL, '/')+1:] }

// report tells the function, and the operator, of an errand that leads nowhere.
// It is about the source, which is what an author has to look at (FX-REPORT-001).
func (r *Router) report(ctx context.Context, from sent, requirement, target string, err error) {
	text := "a forward or side effect to " + target + " leads nowhere: " + err.Error()
	r.config.Log.Warn("the function broke a requirement", "entity", from.id, "requirement", requirement, "text", text)
	r.config.Reporter.Report(ctx, from.id, entity.Report{
		Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text, CommandID: from.command,
	})
}
