package telemetry

import "github.com/prometheus/client_golang/prometheus"

// spanMetrics are those of the spans on their way to a collector.
type spanMetrics struct{ sent, lost prometheus.Counter }

func newSpanMetrics(registry *prometheus.Registry) spanMetrics {
	spans := counters("spans_total", "Spans that the OpenTelemetry collector has taken, or has not.", "outcome")
	registry.MustRegister(spans)
	return spanMetrics{sent: spans.WithLabelValues("sent"), lost: spans.WithLabelValues("failed")}
}

// Spans counts so many spans that the collector has taken, or has not.
func (m *spanMetrics) Spans(n int, taken bool) {
	if taken {
		m.sent.Add(float64(n))
	} else {
		m.lost.Add(float64(n))
	}
}
