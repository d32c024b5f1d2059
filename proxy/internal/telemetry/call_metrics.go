package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
)

// callMetrics are those of the frontend.
type callMetrics struct {
	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

func newCallMetrics(registry *prometheus.Registry) callMetrics {
	m := callMetrics{
		calls:     counters("calls_total", "Calls that the frontend has answered, by gRPC code, and by the way that they came: grpc, grpc-web, connect or http.", "way", "service", "method", "code"),
		durations: histograms("call_duration_seconds", "Time from a call's arrival to its answer.", "service", "method"),
	}
	registry.MustRegister(m.calls, m.durations)
	return m
}

// Called counts one call of the frontend: what it was, how it was answered and
// how long that took. The names are those of a method that is served, or empty.
func (m *callMetrics) Called(by, service, method string, code codes.Code, took time.Duration) {
	m.calls.WithLabelValues(by, service, method, code.String()).Inc()
	m.durations.WithLabelValues(service, method).Observe(took.Seconds())
}
