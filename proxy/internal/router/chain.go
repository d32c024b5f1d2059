package router

import (
	"context"
	"fmt"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// settle brings a command with this outcome to its end: each side effect starts,
// and a synchronous one ends, before the next; then comes the reply, or what the
// forward's target answers (FX-EFF-004, FX-FWD-002). Response is the full name of
// the message that the caller waits for; empty when nobody waits.
func (r *Router) settle(ctx context.Context, response string, from source, outcome entity.Outcome) (*entityv1.Reply, error) {
	from.sent = outcome.Command
	stored := outcome.Stored
	for n, effect := range outcome.SideEffects {
		r.config.Metrics.EffectStarted(modeOf(effect))
		if effect.GetDurable() && len(stored) > 0 {
			r.deliver(ctx, from, effect, stored[0])
			stored = stored[1:]
			continue
		}
		r.effect(ctx, from, effect, role{effect: n + 1})
	}
	if outcome.Effected != nil {
		outcome.Effected()
	}
	if outcome.Forward == nil {
		return outcome.Reply, outcome.Err
	}
	return r.forward(ctx, response, from, outcome.Forward)
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

// forward follows a forward to its end.
func (r *Router) forward(ctx context.Context, response string, from source, forward *entityv1.Forward) (*entityv1.Reply, error) {
	if ctx.Err() != nil { // FX-FWD-008
		return nil, fault.FromContext(ctx)
	}
	to, refused := r.prepare(from, forward, role{}, keyingOf(from, role{}))
	if refused != nil {
		r.tellRefusal(ctx, from, forward, refused)
		return nil, refused.err
	}
	r.config.Metrics.Forwarded()
	ctx, metadata, span := r.begin(ctx, trace.Forward, &to.source, to.method, to.metadata)
	to.metadata = metadata
	outcome, err := r.dispatch(ctx, response, to, r.aside)
	if err != nil {
		span.End(err)
		return nil, err
	}
	answered := <-outcome
	reply, err := r.settle(ctx, response, to.source, answered)
	span.End(err)
	if answered.Reply == nil || response == "" || entity.IsOf(answered.Reply.GetPayload(), response) {
		return reply, err
	}
	// FX-FWD-010: right for its own method, and not for the one that was called.
	text := fmt.Sprintf("the forward to %s was answered with %q, and the caller waits for a %s",
		targetOf(forward), answered.Reply.GetPayload().GetTypeUrl(), response)
	r.tell(ctx, from, "FX-FWD-010", text)
	return nil, fault.New(fault.Internal, "%s", text)
}

// effect starts one side effect. It outlives the caller, but not its own time.
// Its failure is logged, and changes nothing else (FX-EFF-005).
func (r *Router) effect(ctx context.Context, from source, effect *entityv1.SideEffect, as role) {
	to, refused := r.prepare(from.ofEffect(), effect, as, keyingOf(from, as))
	if refused != nil {
		r.tellRefusal(ctx, from, effect, refused)
		r.contain(from, effect, refused.err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.EffectTimeout)
	ctx, metadata, span := r.begin(ctx, trace.Effect, &to.source, to.method, to.metadata)
	to.metadata = metadata
	outcome, err := r.dispatch(ctx, "", to, r.aside)
	if err != nil {
		cancel()
		span.End(err)
		r.contain(from, effect, err)
		return
	}
	ended := make(chan struct{})
	r.aside(func() {
		defer cancel()
		defer close(ended)
		_, err := r.settle(ctx, "", to.source, <-outcome)
		if err != nil {
			r.contain(from, effect, err)
		}
		span.End(err)
	})
	if effect.GetSynchronous() && !r.within(ended) {
		r.contain(from, effect, fault.New(fault.Deadline, "it did not end in %v, and is not waited for any longer", r.config.EffectTimeout))
	}
}

// ofEffect returns the source as a side effect of it sees it: without its caller
// (FX-EFF-010).
func (s source) ofEffect() source {
	s.deadline, s.effect = time.Time{}, true
	return s
}

// within waits for the end of a synchronous side effect, and reports whether it came in
// time (FX-EFF-009).
func (r *Router) within(ended <-chan struct{}) bool {
	limit := time.NewTimer(r.config.EffectTimeout)
	defer limit.Stop()
	select {
	case <-ended:
		return true
	case <-limit.C:
		return false
	}
}

// tellRefusal tells the function, and the operator, of an errand that leads nowhere.
// It is about the source, which is what an author has to look at (FX-REPORT-001).
func (r *Router) tellRefusal(ctx context.Context, from source, e errand, refused *refusal) {
	if refused.requirement != "" {
		r.tell(ctx, from, refused.requirement, "a forward or side effect to "+targetOf(e)+" leads nowhere: "+refused.err.Error())
	}
}

// tell tells the function, and the operator, what is wrong with a reply.
func (r *Router) tell(ctx context.Context, from source, requirement, text string) {
	if from.isAction() { // ACT-REPORT-001
		text = from.id.Service + "/" + from.name + ": " + text
	}
	r.config.Log.Warn("the function broke a requirement", "entity", from.id, "requirement", requirement, "text", text)
	r.config.Reporter.Report(ctx, from.id, entity.Report{
		Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text, CommandID: from.sent,
	})
}
