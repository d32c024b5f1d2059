package telemetry

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/wire"
)

// Sample is what some of the metrics said at one moment. Two of them tell what was done
// in between.
type Sample struct {
	// Commands are those that were answered since the start, by kind.
	Commands map[wire.Kind]Tally
	// Waiting is how many commands wait in mailboxes.
	Waiting int64
	// Effects is how many durable side effects are tried, and Parked how many are not.
	Effects, Parked int64
}

// Tally says how many commands were answered, and how fast.
type Tally struct {
	Count, Failures uint64
	// Within has for each of Bounds how many were answered within it; the others took
	// longer.
	Within []uint64
}

// Bounds are the times of Tally.Within, the shortest first.
func Bounds() []time.Duration {
	bounds := make([]time.Duration, len(latencies))
	for i, seconds := range latencies {
		bounds[i] = time.Duration(math.Round(seconds * float64(time.Second)))
	}
	return bounds
}

// Sample reads the metrics. It holds up nobody who counts.
func (m *Metrics) Sample() Sample {
	s := Sample{Commands: map[wire.Kind]Tally{}}
	for _, metric := range collect(m.commands) {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		kind := labelled(labels["kind"])
		s.Commands[kind] = s.Commands[kind].with(metric.GetHistogram(), labels["code"] != codes.OK.String())
	}
	s.Waiting = total(collect(m.waiting))
	s.Effects, s.Parked = total(collect(m.tried)), total(collect(m.parked))
	return s
}

// labelled returns the kind with the label; 0 where there is none.
func labelled(as string) wire.Kind {
	for _, kind := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action} {
		if label(kind) == as {
			return kind
		}
	}
	return 0
}

// with returns the tally with what a histogram has.
func (t Tally) with(h *dto.Histogram, failed bool) Tally {
	t.Count += h.GetSampleCount()
	if failed {
		t.Failures += h.GetSampleCount()
	}
	t.Within = slices.Grow(t.Within, len(h.GetBucket()))
	for i, bucket := range h.GetBucket() {
		if i == len(t.Within) {
			t.Within = append(t.Within, 0)
		}
		t.Within[i] += bucket.GetCumulativeCount()
	}
	return t
}

// total adds up gauges.
func total(gauges []*dto.Metric) int64 {
	sum := 0.0
	for _, metric := range gauges {
		sum += metric.GetGauge().GetValue()
	}
	return int64(math.Round(sum))
}

// collect returns what the collector has now.
func collect(c prometheus.Collector) []*dto.Metric {
	metrics := make(chan prometheus.Metric)
	go func() { // Ends with the loop below, which reads to the end.
		defer close(metrics)
		c.Collect(metrics)
	}()
	var all []*dto.Metric
	for metric := range metrics {
		read := new(dto.Metric)
		if err := metric.Write(read); err == nil {
			all = append(all, read)
		}
	}
	return all
}
