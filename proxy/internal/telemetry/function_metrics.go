package telemetry

import "github.com/prometheus/client_golang/prometheus"

// functionMetrics are those of the connection to the user function.
type functionMetrics struct {
	connected   prometheus.Gauge
	streams     prometheus.Gauge
	discoveries *prometheus.CounterVec
	reports     *prometheus.CounterVec
}

func newFunctionMetrics(registry *prometheus.Registry) functionMetrics {
	m := functionMetrics{
		connected:   gauge("function_connected", "1 while the user function serves, else 0."),
		streams:     gauge("function_streams", "Streams of entities and calls of actions that are open to the user function."),
		discoveries: known(counters("discovery_attempts_total", "Attempts to discover the user function, by outcome.", "outcome"), "accepted", "refused", "failed"),
		reports:     known(counters("reports_total", "Mistakes to report to the user function, by what became of the report.", "outcome"), "sent", "failed", "dropped"),
	}
	registry.MustRegister(m.connected, m.streams, m.discoveries, m.reports)
	return m
}

// Connected sets whether the user function serves.
func (m *functionMetrics) Connected(serves bool) {
	if serves {
		m.connected.Set(1)
	} else {
		m.connected.Set(0)
	}
}

// Streams adds to the number of open streams.
func (m *functionMetrics) Streams(change int) { m.streams.Add(float64(change)) }

// Discovered counts one attempt to discover the user function.
func (m *functionMetrics) Discovered(outcome string) { m.discoveries.WithLabelValues(outcome).Inc() }

// Reported counts one report to the user function.
func (m *functionMetrics) Reported(outcome string) { m.reports.WithLabelValues(outcome).Inc() }
