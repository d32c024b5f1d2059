package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/stateward/stateward/proxy/internal/collector"
	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// flushTime is how long a proxy that stops waits for a collector to take what is left.
const flushTime = 5 * time.Second

// observers are those to whom the rooms tell what happens, besides the metrics.
type observers struct {
	failures  *telemetry.Failures
	collector *collector.Collector // nil where nothing is sent
	tracer    *trace.Tracer        // nil where nobody traces
}

// way is how a collector is reached.
func (c *Config) way() (collector.Way, error) {
	if c.TraceRatio > 1 {
		return collector.Way{}, fmt.Errorf("the ratio %v is above 1", c.TraceRatio)
	}
	return collector.Find(c.Collector, c.TraceRatio, os.Getenv)
}

// observe opens the way to the collector, if there is one. It waits for nobody.
func (p *proxy) observe(ctx context.Context) error {
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
		return fmt.Errorf("--otlp-endpoint: %w", err)
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
