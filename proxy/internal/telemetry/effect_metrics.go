package telemetry

import "github.com/prometheus/client_golang/prometheus"

// effectMetrics are those of forwards and side effects.
type effectMetrics struct {
	forwards        prometheus.Counter
	started, failed *prometheus.CounterVec

	tried, parked prometheus.Gauge
	attempted     *prometheus.CounterVec
}

func newEffectMetrics(registry *prometheus.Registry) effectMetrics {
	m := effectMetrics{
		forwards:  counter("forwards_total", "Forwards that were followed."),
		started:   counters("effects_started_total", "Side effects that were started: asynchronous, synchronous or durable.", "mode"),
		failed:    counters("effects_failed_total", "Side effects that have failed, or were not waited for any longer. Of durable ones only the latter: see durable_effect_attempts_total.", "mode"),
		tried:     gauge("durable_effects", "Durable side effects that are stored and tried."),
		parked:    gauge("durable_effects_parked", "Durable side effects that somebody has to look at."),
		attempted: counters("durable_effect_attempts_total", "Attempts at durable side effects, by outcome.", "outcome"),
	}
	known(m.started, "asynchronous", "synchronous", "durable")
	known(m.failed, "asynchronous", "synchronous", "durable")
	known(m.attempted, "delivered", "failed")
	registry.MustRegister(m.forwards, m.started, m.failed, m.tried, m.parked, m.attempted)
	return m
}

// Forwarded counts one forward.
func (m *effectMetrics) Forwarded() { m.forwards.Inc() }

// EffectStarted counts one side effect.
func (m *effectMetrics) EffectStarted(mode string) { m.started.WithLabelValues(mode).Inc() }

// EffectFailed counts one side effect that has failed.
func (m *effectMetrics) EffectFailed(mode string) { m.failed.WithLabelValues(mode).Inc() }

// Kept says that the store keeps so many more, or fewer, durable side effects that are
// tried, and so many that are parked.
func (m *effectMetrics) Kept(tried, parked int) {
	m.tried.Add(float64(tried))
	m.parked.Add(float64(parked))
}

// Attempted counts one attempt at a durable side effect.
func (m *effectMetrics) Attempted(delivered bool) {
	outcome := "failed"
	if delivered {
		outcome = "delivered"
	}
	m.attempted.WithLabelValues(outcome).Inc()
}
