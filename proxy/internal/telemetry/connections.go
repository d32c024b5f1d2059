package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Connections counts those of callers. Its methods may be called from any goroutine.
type Connections struct {
	open    prometheus.Gauge
	refused *prometheus.CounterVec
	cut     *prometheus.CounterVec
}

func newConnections() *Connections {
	return &Connections{
		open:    gauge("connections_open", "Connections of callers that are open."),
		refused: known(counters("connections_refused_total", "Connections that were closed at once, by reason.", "reason"), "full", "address"),
		cut: known(counters("connections_cut_off_total", "Connections that the proxy has ended because of what came, by reason.", "reason"),
			"slow", "handshake", "resets", "flood", "headers", "backlog", "protocol"),
	}
}

// Connections says that so many more, or fewer, are open.
func (c *Connections) Connections(change int) { c.open.Add(float64(change)) }

// Refused counts one that was closed at once.
func (c *Connections) Refused(reason string) { c.refused.WithLabelValues(reason).Inc() }

// CutOff counts one that the proxy has ended.
func (c *Connections) CutOff(reason string) { c.cut.WithLabelValues(reason).Inc() }
