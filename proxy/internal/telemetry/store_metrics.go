package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Measure adds what the store knows of itself, as it is whenever somebody reads the
// metrics. Call it once.
func (m *Metrics) Measure(of store.Meter) { m.registry.MustRegister(measured{of}) }

// measured is a store whose measures are read.
type measured struct{ store store.Meter }

var _ prometheus.Collector = measured{}

// Describe says nothing: which measures there are is the store's affair.
func (measured) Describe(chan<- *prometheus.Desc) {}

// Collect reads the measures.
func (m measured) Collect(metrics chan<- prometheus.Metric) {
	for _, measure := range m.store.Measures() {
		kind := prometheus.GaugeValue
		if measure.Total {
			kind = prometheus.CounterValue
		}
		var labels, values []string
		if measure.Pool != "" {
			labels, values = []string{"pool"}, []string{measure.Pool}
		}
		name := prometheus.BuildFQName(namespace, "store", measure.Name)
		metrics <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, measure.Help, labels, nil), kind, measure.Value, values...)
	}
}
