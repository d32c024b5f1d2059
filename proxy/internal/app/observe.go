package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/collector"
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// flushTime is how long a proxy that stops waits for a collector to take what is left.
const flushTime = 2 * time.Second

// observers are those to whom the rooms tell what happens, besides the metrics.
type observers struct {
	failures  *telemetry.Failures
	collector *collector.Collector // nil where nothing is sent
	tracer    *trace.Tracer        // nil where nobody traces
}

func (c *Config) observerSettings(set *setting.Set) {
	set.Group("Traces and metrics")
	set.String(&c.Collector, "otlp-endpoint", "URL of an OpenTelemetry collector that gets traces and metrics, such as http://127.0.0.1:4317; without it OTEL_EXPORTER_OTLP_ENDPOINT says, and else nobody gets them").
		Secret(maskEndpoint)
	setting.Add(set, ratio(), &c.TraceRatio, "trace-ratio", "of how many calls that come without a trace one begins, from 0 to 1; without it OTEL_TRACES_SAMPLER says, and else of none")
}

// ratio is the kind of numbers from 0 to 1; a negative one is written as nothing.
func ratio() setting.Kind[float64] {
	return setting.One("ratio", func(text string) (float64, error) {
		if text == "" {
			return -1, nil
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || !(value >= 0 && value <= 1) {
			return 0, fmt.Errorf("%q is no number from 0 to 1", text)
		}
		return value, nil
	}, func(value float64) string {
		if value < 0 {
			return ""
		}
		return strconv.FormatFloat(value, 'g', -1, 64)
	})
}

// maskEndpoint shows no URL that may have a password in it.
func maskEndpoint(endpoint string) string {
	if strings.Contains(endpoint, "@") {
		return masked
	}
	return endpoint
}

// wrongObservers returns what is wrong with the settings of the observers, and with the
// OTEL variables.
func (c *Config) wrongObservers() (wrong []error) {
	if err := collector.CheckEndpoint(c.Collector); err != nil {
		wrong = append(wrong, setting.Wrongf("otlp-endpoint", "%w", err))
	}
	if !(c.TraceRatio <= 1) {
		wrong = append(wrong, setting.Wrongf("trace-ratio", "%v is above 1", c.TraceRatio))
	}
	if _, err := c.way(); err != nil {
		wrong = append(wrong, err)
	}
	return wrong
}

// way is how a collector is reached.
func (c *Config) way() (collector.Way, error) {
	return collector.Find(c.Collector, c.TraceRatio, os.Getenv)
}

// observe opens the way to the collector, if there is one. It waits for nobody.
func (p *proxy) observe(ctx context.Context) error {
	if meter, is := p.store.(store.Meter); is {
		p.metrics.Measure(meter)
	}
	p.failures = telemetry.NewFailures(p.config.Log)
	way, err := p.config.way()
	if err != nil {
		return err
	}
	p.collector, err = collector.Open(ctx, collector.Config{
		Way: way, Version: p.config.Version, Instance: p.process,
		Metrics: p.metrics.Gatherer(), Observer: p.metrics, Log: p.config.Log,
	})
	if err != nil {
		return setting.Wrongf("otlp-endpoint", "%w", err)
	}
	if traces := p.collector.Traces(); traces != nil {
		p.tracer = trace.New(traces, p.config.Version)
	}
	return nil
}

// close sends what is left. What a collector does not take in time is lost, and no reason
// for a proxy to fail.
func (o *observers) close(ctx context.Context) {
	if o.failures != nil {
		o.failures.Close()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, flushTime, errors.New("the collector takes too long"))
	defer cancel()
	_ = o.collector.Close(ctx)
}
