// Package promql holds what stands in docs/operations for Prometheus and Grafana against
// the metrics that proxies have told under load.
package promql

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// interval is how far apart the scrapes of one proxy are, as Prometheus would see them.
const interval = 15 * time.Second

// history is what a Prometheus has that has scraped proxies.
type history struct {
	points map[string][]chunks.Sample
	sets   map[string]labels.Labels
	end    time.Time
}

func newHistory() *history {
	return &history{points: map[string][]chunks.Sample{}, sets: map[string]labels.Labels{}, end: time.Unix(0, 0)}
}

// scrape adds what the instance says in its nth scrape.
func (h *history) scrape(instance string, n int, text io.Reader) error {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return fmt.Errorf("scrape %d of %s: %w", n, instance, err)
	}
	at := time.Unix(0, 0).Add(time.Duration(n) * interval)
	if at.After(h.end) {
		h.end = at
	}
	add := func(name string, pairs []*dto.LabelPair, value float64, more ...string) {
		all := append([]string{labels.MetricName, name, "instance", instance, "job", "stateward"}, more...)
		for _, pair := range pairs {
			all = append(all, pair.GetName(), pair.GetValue())
		}
		set := labels.FromStrings(all...)
		key := set.String()
		h.sets[key] = set
		h.points[key] = append(h.points[key], point{at.UnixMilli(), value})
	}
	if families["up"] == nil { // which Prometheus adds
		add("up", nil, 1)
	}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			switch {
			case m.Counter != nil:
				add(name, m.GetLabel(), m.GetCounter().GetValue())
			case m.Gauge != nil:
				add(name, m.GetLabel(), m.GetGauge().GetValue())
			case m.Untyped != nil:
				add(name, m.GetLabel(), m.GetUntyped().GetValue())
			case m.Histogram != nil:
				for _, bucket := range m.GetHistogram().GetBucket() {
					add(name+"_bucket", m.GetLabel(), float64(bucket.GetCumulativeCount()), "le", bound(bucket.GetUpperBound()))
				}
				add(name+"_sum", m.GetLabel(), m.GetHistogram().GetSampleSum())
				add(name+"_count", m.GetLabel(), float64(m.GetHistogram().GetSampleCount()))
			case m.Summary != nil:
				add(name+"_sum", m.GetLabel(), m.GetSummary().GetSampleSum())
				add(name+"_count", m.GetLabel(), float64(m.GetSummary().GetSampleCount()))
			}
		}
	}
	return nil
}

// bound writes the upper bound of a bucket.
func bound(value float64) string {
	if math.IsInf(value, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// of returns the labels that series of the metric have, and whether there is any.
func (h *history) of(metric string) (names map[string]bool, known bool) {
	names = map[string]bool{}
	for _, set := range h.sets {
		if set.Get(labels.MetricName) == metric {
			known = true
			set.Range(func(l labels.Label) { names[l.Name] = true })
		}
	}
	return names, known
}

var _ storage.Queryable = (*history)(nil)

// Querier looks into all of it.
func (h *history) Querier(int64, int64) (storage.Querier, error) { return querier{h}, nil }

// querier looks into a history.
type querier struct{ of *history }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for key, set := range q.of.sets {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(set.Get(m.Name)) }) {
			found = append(found, storage.NewListSeries(set, q.of.points[key]))
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{all: found, at: -1}
}

func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) Close() error { return nil }

// seriesSet walks over series.
type seriesSet struct {
	all []storage.Series
	at  int
}

func (s *seriesSet) Next() bool {
	s.at++
	return s.at < len(s.all)
}

func (s *seriesSet) At() storage.Series              { return s.all[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// point is one value at one time, in milliseconds.
type point struct {
	t int64
	v float64
}

var _ chunks.Sample = point{}

func (p point) T() int64                    { return p.t }
func (point) ST() int64                     { return 0 }
func (p point) F() float64                  { return p.v }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample         { return p }
