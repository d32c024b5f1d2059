package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/wire"
)

// actionMetrics are those of the calls of actions.
type actionMetrics struct {
	acting prometheus.Gauge
	acts   prometheus.ObserverVec
}

func newActionMetrics(registry *prometheus.Registry, commands *prometheus.HistogramVec) actionMetrics {
	m := actionMetrics{
		acting: gauge("action_calls_open", "Calls of actions that are open."),
		acts:   commands.MustCurryWith(prometheus.Labels{"kind": label(wire.Action)}),
	}
	registry.MustRegister(m.acting)
	return m
}

// Opened says that so many more, or fewer, calls of actions are open.
func (m *actionMetrics) Opened(change int) { m.acting.Add(float64(change)) }

// Ended counts one call of an action that is over.
func (m *actionMetrics) Ended(code codes.Code, took time.Duration) {
	m.acts.WithLabelValues(code.String()).Observe(took.Seconds())
}
