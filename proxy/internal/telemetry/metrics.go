package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc/codes"
)

// namespace starts the name of every metric.
const namespace = "stateward"

// latencies are the buckets of every duration, in seconds: half a millisecond,
// doubled to a minute.
var latencies = prometheus.ExponentialBuckets(0.0005, 2, 18)

// Metrics counts and times what the proxy does. Its methods may be called from
// any goroutine.
type Metrics struct {
	registry *prometheus.Registry

	connections *Connections

	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec

	waiting     *prometheus.GaugeVec
	commands    *prometheus.HistogramVec
	activations *prometheus.HistogramVec
	replayed    *prometheus.CounterVec
	ends        *prometheus.CounterVec
	appends     *prometheus.HistogramVec
	failures    *prometheus.CounterVec
	events      *prometheus.CounterVec

	acting    prometheus.Gauge
	tried     prometheus.Gauge
	parked    prometheus.Gauge
	attempted *prometheus.CounterVec

	connected   prometheus.Gauge
	streams     prometheus.Gauge
	discoveries *prometheus.CounterVec
	reports     *prometheus.CounterVec
}

// NewMetrics returns metrics that are all 0, on a registry of their own.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),

		connections: newConnections(),

		calls:     counters("calls_total", "Calls that the frontend has answered, by gRPC code.", "service", "method", "code"),
		durations: histograms("call_duration_seconds", "Time from a call's arrival to its answer.", "service", "method"),

		waiting:     gauges("commands_waiting", "Commands that wait in mailboxes.", "kind"),
		commands:    histograms("command_duration_seconds", "Time from a command's arrival at its entity to its outcome, forwards and side effects included, by gRPC code.", "kind", "code"),
		activations: histograms("activation_duration_seconds", "Time from the opening of a stream to the end of the replay.", "kind"),
		replayed:    counters("events_replayed_total", "Events that were read back from the journal.", "kind"),
		ends:        counters("activations_ended_total", "Activations that have ended, by reason; idle is passivation.", "kind", "reason"),
		appends:     histograms("append_duration_seconds", "Time from handing a batch to the store to its answer.", "kind"),
		failures:    counters("append_failures_total", "Batches that the store did not take.", "kind"),
		events:      counters("events_stored_total", "Events that are durable.", "kind"),

		acting:    gauge("action_calls_open", "Calls of actions that are open."),
		tried:     gauge("durable_effects", "Durable side effects that are stored and tried."),
		parked:    gauge("durable_effects_parked", "Durable side effects that somebody has to look at."),
		attempted: counters("durable_effect_attempts_total", "Attempts at durable side effects, by outcome.", "outcome"),

		connected:   gauge("function_connected", "1 while the user function serves, else 0."),
		streams:     gauge("activations", "Entities that are active: each has a stream open to the user function."),
		discoveries: counters("discovery_attempts_total", "Attempts to discover the user function, by outcome.", "outcome"),
		reports:     counters("reports_total", "Mistakes to report to the user function, by what became of the report.", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the proxy's version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.connections.open, m.connections.refused, m.connections.cut,
		m.calls, m.durations,
		m.waiting, m.commands, m.activations, m.replayed, m.ends, m.appends, m.failures, m.events,
		m.acting, m.tried, m.parked, m.attempted,
		m.connected, m.streams, m.discoveries, m.reports,
	)
	return m
}

// Handler serves the metrics as Prometheus reads them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Connections counts those of callers.
func (m *Metrics) Connections() *Connections { return m.connections }

// Called counts one call of the frontend: what it was, how it was answered and
// how long that took.
func (m *Metrics) Called(service, method string, code codes.Code, took time.Duration) {
	m.calls.WithLabelValues(service, method, code.String()).Inc()
	m.durations.WithLabelValues(service, method).Observe(took.Seconds())
}

// Activated counts one recovered entity: how long that took, and how many events
// were replayed.
func (m *Metrics) Activated(kind string, took time.Duration, events int) {
	m.activations.WithLabelValues(kind).Observe(took.Seconds())
	m.replayed.WithLabelValues(kind).Add(float64(events))
}

// Closed counts one activation that has ended.
func (m *Metrics) Closed(kind, reason string) { m.ends.WithLabelValues(kind, reason).Inc() }

// Waiting adds to the number of commands in mailboxes.
func (m *Metrics) Waiting(kind string, change int) {
	m.waiting.WithLabelValues(kind).Add(float64(change))
}

// Commanded counts one command that has its outcome.
func (m *Metrics) Commanded(kind string, code codes.Code, took time.Duration) {
	m.commands.WithLabelValues(kind, code.String()).Observe(took.Seconds())
}

// Persisted counts one append of so many events.
func (m *Metrics) Persisted(kind string, took time.Duration, events int, err error) {
	m.appends.WithLabelValues(kind).Observe(took.Seconds())
	if err != nil {
		m.failures.WithLabelValues(kind).Inc()
		return
	}
	m.events.WithLabelValues(kind).Add(float64(events))
}

// Connected sets whether the user function serves.
func (m *Metrics) Connected(serves bool) {
	if serves {
		m.connected.Set(1)
	} else {
		m.connected.Set(0)
	}
}

// Streams adds to the number of open streams.
func (m *Metrics) Streams(change int) { m.streams.Add(float64(change)) }

// Discovered counts one attempt to discover the user function.
func (m *Metrics) Discovered(outcome string) { m.discoveries.WithLabelValues(outcome).Inc() }

// Reported counts one report to the user function.
func (m *Metrics) Reported(outcome string) { m.reports.WithLabelValues(outcome).Inc() }

// counters returns a counter for each combination of the labels.
func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
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

// Opened says that so many more, or fewer, calls of actions are open.
func (m *Metrics) Opened(change int) { m.acting.Add(float64(change)) }

// Kept says that the store keeps so many more, or fewer, durable side effects that are
// tried, and so many that are parked.
func (m *Metrics) Kept(tried, parked int) {
	m.tried.Add(float64(tried))
	m.parked.Add(float64(parked))
}

// Attempted counts one attempt at a durable side effect.
func (m *Metrics) Attempted(delivered bool) {
	outcome := "failed"
	if delivered {
		outcome = "delivered"
	}
	m.attempted.WithLabelValues(outcome).Inc()
}
