package admin

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// GetOverview says how the proxy does.
func (s *Service) GetOverview(ctx context.Context, _ *adminv1alpha1.GetOverviewRequest) (*adminv1alpha1.GetOverviewResponse, error) {
	beats, _ := s.pulse.read()
	return &adminv1alpha1.GetOverviewResponse{Overview: s.overview(ctx, beats)}, nil
}

// overview makes one of the beats.
func (s *Service) overview(ctx context.Context, beats []beat) *adminv1alpha1.Overview {
	now := s.config.Sample()
	o := &adminv1alpha1.Overview{
		Time: timestamppb.Now(), Version: s.config.Version, Started: timestamppb.New(s.started),
		Reasons: s.config.Reasons(ctx),
		Active:  int64(s.config.Runtime.Active()), Waiting: now.Waiting, Effects: now.Effects, Parked: now.Parked,
	}
	for _, length := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute} {
		o.Windows = append(o.Windows, s.window(beats, length))
	}
	for i := 1; i < len(beats); i++ {
		o.Seconds = append(o.Seconds, s.second(beats[i-1], beats[i]))
	}
	return o
}

// window sums up the last beats.
func (s *Service) window(beats []beat, length time.Duration) *adminv1alpha1.Window {
	w := &adminv1alpha1.Window{Length: durationpb.New(length), All: new(adminv1alpha1.Rate)}
	if len(beats) == 0 {
		return w
	}
	last := beats[len(beats)-1]
	from := beats[0]
	for _, b := range beats {
		if last.at.Sub(b.at) <= length+length/20 { // A tick may be late.
			from = b
			break
		}
	}
	w.All = s.rate(between(from, last))
	for _, kind := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action} {
		if r := between(from, last, kind); r.count > 0 {
			w.Kinds = append(w.Kinds, &adminv1alpha1.KindRate{Kind: kindOf(kind), Rate: s.rate(r)})
		}
	}
	return w
}

func (s *Service) rate(r rate) *adminv1alpha1.Rate {
	shown := &adminv1alpha1.Rate{Commands: r.perSecond(r.count), Failures: r.perSecond(r.failures)}
	if p50, there := r.quantile(0.5, s.pulse.bounds); there {
		p99, _ := r.quantile(0.99, s.pulse.bounds)
		shown.P50, shown.P99 = durationpb.New(p50), durationpb.New(p99)
	}
	return shown
}

func (s *Service) second(from, to beat) *adminv1alpha1.Second {
	r := between(from, to)
	p50, _ := r.quantile(0.5, s.pulse.bounds)
	p99, _ := r.quantile(0.99, s.pulse.bounds)
	return &adminv1alpha1.Second{
		Commands: r.perSecond(r.count), Failures: r.perSecond(r.failures),
		P50Ms: milliseconds(p50), P99Ms: milliseconds(p99), Active: int64(to.active),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
