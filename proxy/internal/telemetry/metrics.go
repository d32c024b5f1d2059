package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace starts the name of every metric.
const namespace = "stateward"

// latencies are the buckets of every duration, in seconds: half a millisecond,
// doubled to a minute.
var latencies = prometheus.ExponentialBuckets(0.0005, 2, 18)

// Metrics counts and times what the proxy does. Its methods may be called from
// any goroutine. Each room has a part of its own; the names and what they say are in
// docs/operations/telemetry.md.
type Metrics struct {
	callMetrics
	entityMetrics
	actionMetrics
	effectMetrics
	functionMetrics
	spanMetrics

	registry    *prometheus.Registry
	connections *Connections
	commands    *prometheus.HistogramVec // of entities and of actions
}

// NewMetrics returns metrics that are all 0, on a registry of their own.
func NewMetrics(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), connections: newConnections()}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the proxy's version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.commands = histograms("command_duration_seconds",
		"Time from a command's arrival at its entity or action to its outcome, by gRPC code. Those of an entity end before their forwards and side effects.", "kind", "code")
	m.registry.MustRegister(m.commands, m.connections.open, m.connections.refused, m.connections.cut)
	m.callMetrics = newCallMetrics(m.registry)
	m.entityMetrics = newEntityMetrics(m.registry, m.commands)
	m.actionMetrics = newActionMetrics(m.registry, m.commands)
	m.effectMetrics = newEffectMetrics(m.registry)
	m.functionMetrics = newFunctionMetrics(m.registry)
	m.spanMetrics = newSpanMetrics(m.registry)
	return m
}

// Handler serves the metrics as Prometheus reads them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Connections counts those of callers.
func (m *Metrics) Connections() *Connections { return m.connections }

// Gatherer returns the metrics as they are.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// counter returns one counter.
func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

// counters returns a counter for each combination of the labels.
func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// known makes a counter be there, at 0, for each value of its one label: an increase from
// nothing is none that Prometheus could see.
func known(counter *prometheus.CounterVec, values ...string) *prometheus.CounterVec {
	for _, value := range values {
		counter.WithLabelValues(value)
	}
	return counter
}

// gauge returns one gauge.
func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
}

// gauges returns a gauge for each combination of the labels.
func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// histograms returns a histogram of durations for each combination of the labels.
func histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: latencies,
	}, labels)
}
