package router

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// sent is a command that its entity has taken.
type sent struct {
	id entity.ID
	// deadline is when the caller gives up; zero when nobody waits so.
	deadline time.Time
	// trace is that of the command, for whatever follows from it.
	trace []*entityv1.MetadataEntry
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
	ctx context.Context, target runtime.Target, id entity.ID, command entity.Command, depth int,
) (sent, error) {
	outcome, err := r.config.Runtime.Submit(ctx, target, id, command)
	return sent{id: id, deadline: command.Deadline, trace: header.Trace(command.Metadata), depth: depth, outcome: outcome}, err
}

// settle brings a command with this outcome to its end: each side effect starts,
// and a synchronous one ends, before the next; then comes the reply, or what the
// forward's target answers (FX-EFF-004, FX-FWD-002). Response is the full name of
// the message that the caller waits for; empty when nobody waits.
func (r *Router) settle(ctx context.Context, response string, from sent, outcome entity.Outcome) (*entityv1.Reply, error) {
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
	answered := <-next.outcome
	reply, err := r.settle(ctx, response, next, answered)
	if answered.Reply == nil || response == "" || entity.IsOf(answered.Reply.GetPayload(), response) {
		return reply, err
	}
	// FX-FWD-010: right for its own method, and not for the one that was called.
	text := fmt.Sprintf("the forward to %s was answered with %q, and the caller waits for a %s",
		targetOf(outcome.Forward), answered.Reply.GetPayload().GetTypeUrl(), response)
	r.tell(ctx, from, "FX-FWD-010", text)
	return nil, fault.New(fault.Internal, "%s", text)
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
	from.deadline = time.Time{} // FX-EFF-010
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
		if _, err := r.settle(ctx, "", next, <-next.outcome); err != nil {
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
	metadata := header.Forwarded(e.GetMetadata())
	if err == nil {
		err = r.fits(method, e.GetPayload().GetValue(), metadata)
	}
	if err == nil {
		id, err = address(method, e)
	}
	if err != nil {
		if fault.KindOf(err) != fault.Unavailable { // That is no mistake: the function does not serve now.
			r.report(ctx, from, requirement, targetOf(e), err)
		}
		return sent{}, err
	}
	command := method.command(e.GetCommandName(), e.GetPayload().GetValue(), header.WithTrace(metadata, from.trace))
	command.Deadline = from.deadline // FX-FWD-009
	_, command.Effect = e.(*entityv1.SideEffect)
	return r.submit(ctx, method.Target, id, command, depth)
}

// address finds the entity that a forward or a side effect names (FX-FWD-007,
// FX-EFF-006).
func address(method Method, e errand) (entity.ID, error) {
	if input := messageName(method.Input); !entity.IsOf(e.GetPayload(), input) {
		return entity.ID{}, fault.New(fault.Internal, "a forward or side effect carries %q, and %s takes %q",
			e.GetPayload().GetTypeUrl(), targetOf(e), input)
	}
	key, err := method.Key(e.GetPayload().GetValue())
	return entity.ID{Service: e.GetServiceName(), Entity: key}, err
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

// report tells the function, and the operator, of an errand that leads nowhere.
// It is about the source, which is what an author has to look at (FX-REPORT-001).
func (r *Router) report(ctx context.Context, from sent, requirement, target string, err error) {
	r.tell(ctx, from, requirement, "a forward or side effect to "+target+" leads nowhere: "+err.Error())
}

// tell tells the function, and the operator, what is wrong with a reply.
func (r *Router) tell(ctx context.Context, from sent, requirement, text string) {
	r.config.Log.Warn("the function broke a requirement", "entity", from.id, "requirement", requirement, "text", text)
	r.config.Reporter.Report(ctx, from.id, entity.Report{
		Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text, CommandID: from.command,
	})
}
