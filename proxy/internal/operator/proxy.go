package operator

import (
	"context"
	"fmt"
	"time"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// Effects lists the side effects that are parked.
func (o *Operator) Effects(ctx context.Context) error {
	request, all := &adminv1alpha1.ListEffectsRequest{PageSize: largestPage}, new(adminv1alpha1.ListEffectsResponse)
	for first := true; first || request.GetPageToken() != ""; first = false {
		page, err := within(ctx, o, o.service.ListEffects, request)
		if err != nil {
			return err
		}
		all.Effects = append(all.Effects, page.GetEffects()...)
		request.PageToken = page.GetNextPageToken()
	}
	if o.json {
		return o.print(all, true)
	}
	if len(all.GetEffects()) == 0 {
		fmt.Fprintln(o.out, "no side effect is parked")
		return nil
	}
	t := newTable(o.out, "ID", "SOURCE", "TARGET", "ATTEMPTS", "PARKED", "WHY")
	for _, e := range all.GetEffects() {
		t.row(safe(e.GetId()), safe(e.GetSourceService()+"/"+e.GetSourceKey()), safe(e.GetTarget()), e.GetAttempts(), at(e.GetParked()),
			e.GetCode()+": "+safe(e.GetText()))
	}
	return t.Flush()
}

// Retry has a parked side effect tried again.
func (o *Operator) Retry(ctx context.Context, id string) error {
	done, err := within(ctx, o, o.service.RetryEffect, &adminv1alpha1.RetryEffectRequest{Id: id})
	if err != nil || o.json {
		return o.orPrint(done, err)
	}
	fmt.Fprintf(o.out, "%s is tried again\n", safe(id))
	return nil
}

// Remove removes a parked side effect.
func (o *Operator) Remove(ctx context.Context, id string) error {
	done, err := within(ctx, o, o.service.RemoveEffect, &adminv1alpha1.RemoveEffectRequest{Id: id})
	if err != nil || o.json {
		return o.orPrint(done, err)
	}
	fmt.Fprintf(o.out, "%s is removed\n", safe(id))
	return nil
}

// Drain has the proxy stop.
func (o *Operator) Drain(ctx context.Context) error {
	done, err := within(ctx, o, o.service.Drain, new(adminv1alpha1.DrainRequest))
	if err != nil || o.json {
		return o.orPrint(done, err)
	}
	fmt.Fprintln(o.out, "the proxy stops: commands under way finish, and then it ends")
	return nil
}

// Status shows how the proxy does, and what is wrong.
func (o *Operator) Status(ctx context.Context) error {
	response, err := within(ctx, o, o.service.GetOverview, new(adminv1alpha1.GetOverviewRequest))
	if err != nil {
		return err
	}
	overview := response.GetOverview()
	overview.Seconds = nil // for pictures
	if o.json {
		return o.print(response, true)
	}
	t := newTable(o.out)
	t.row("version", safe(overview.GetVersion()))
	t.row("started", at(overview.GetStarted()))
	if len(overview.GetReasons()) == 0 {
		t.row("ready", "yes")
	}
	for _, reason := range overview.GetReasons() {
		t.row("not ready", safe(reason))
	}
	t.row("in memory", overview.GetActive())
	t.row("waiting", overview.GetWaiting())
	t.row("side effects", fmt.Sprintf("%d on their way, %d parked", overview.GetEffects(), overview.GetParked()))
	for _, window := range overview.GetWindows() {
		rate := window.GetAll()
		t.row("last "+lengthOf(window.GetLength().AsDuration()), fmt.Sprintf("%.1f commands/s, %.1f failed/s, p50 %s, p99 %s",
			rate.GetCommands(), rate.GetFailures(), latency(rate.GetP50()), latency(rate.GetP99())))
	}
	return t.Flush()
}

// lengthOf shows a length of time in whole units.
func lengthOf(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}
