// Package collector brings traces and metrics to an OpenTelemetry collector.
//
// What it brings is only ever a copy: spans wait in a queue with a bound, one write of
// them is under way at a time, and a collector that is down or slow loses spans and holds
// up nothing.
package collector

import (
	"context"
	"errors"
	"log/slog"
	"time"

	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// exportTimeout is how long one write to the collector may take, its retries
	// included. OTEL_EXPORTER_OTLP_TIMEOUT makes it shorter.
	exportTimeout = 10 * time.Second
	// maxSpans is how many spans wait for a write before further ones are lost, where
	// OTEL_BSP_MAX_QUEUE_SIZE does not say.
	maxSpans = 4096
)

// Config says who sends, and what.
type Config struct {
	// Way is the way to the collector.
	Way Way
	// Version is the proxy's, and Instance names this process.
	Version, Instance string
	// Metrics are what is read from time to time, and sent.
	Metrics prometheus.Gatherer
	// Observer is told what becomes of spans.
	Observer Observer
	// Log is for the operator.
	Log *slog.Logger
}

// Observer is told what becomes of spans. It may be called from any goroutine.
type Observer interface {
	// Spans says that the collector has taken so many spans, or has not.
	Spans(n int, taken bool)
}

// Collector is the way to one collector. Close ends it.
type Collector struct {
	traces  *sdktrace.TracerProvider // nil where no traces are sent
	metrics *sdkmetric.MeterProvider // nil where no metrics are sent
	// abort breaks off the writes under way.
	abort context.CancelFunc
}

// Open opens the way that the config says, and waits for nobody: a collector that is down
// is found out later. Nil means that nothing is to be sent.
func Open(ctx context.Context, config Config) (*Collector, error) {
	if !config.Way.Traces && !config.Way.Metrics {
		return nil, nil //nolint:nilnil // nothing is what was asked for
	}
	about, err := describe(ctx, config)
	if err != nil {
		return nil, err
	}
	sending, abort := context.WithCancel(context.WithoutCancel(ctx))
	c := &Collector{abort: abort}
	link := &link{ctx: sending, log: config.Log, observer: config.Observer}
	if config.Way.Traces {
		exporter, err := config.Way.spans(ctx)
		if err != nil {
			abort()
			return nil, err
		}
		c.traces = sdktrace.NewTracerProvider(
			sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(config.Way.Ratio))),
			sdktrace.WithBatcher(spans{exporter, link}, sdktrace.WithMaxQueueSize(config.Way.queue()), sdktrace.WithExportTimeout(exportTimeout)),
			sdktrace.WithResource(about),
		)
	}
	if config.Way.Metrics {
		exporter, err := config.Way.metrics(ctx)
		if err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
		reader := sdkmetric.NewPeriodicReader(metrics{exporter, link}, sdkmetric.WithTimeout(exportTimeout),
			sdkmetric.WithProducer(bridge.NewMetricProducer(bridge.WithGatherer(config.Metrics))))
		c.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(about))
	}
	config.Log.Info("sending to an OpenTelemetry collector", "traces", config.Way.Traces, "metrics", config.Way.Metrics,
		"ratio", config.Way.Ratio, "protocol", config.Way.Protocol)
	return c, nil
}

// describe says who sends. What stands in OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME
// comes first.
func describe(ctx context.Context, config Config) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", "stateward-proxy"),
			attribute.String("service.version", config.Version),
			attribute.String("service.instance.id", config.Instance),
		),
		resource.WithFromEnv(),
	)
}

// Traces is where spans go; nil where none are sent.
func (c *Collector) Traces() trace.TracerProvider {
	if c == nil || c.traces == nil {
		return nil
	}
	return c.traces
}

// Close sends what waits, until ctx ends, and returns when nothing is under way. What the
// collector has not taken by then is lost.
func (c *Collector) Close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	defer c.abort()
	defer context.AfterFunc(ctx, c.abort)()
	unhurried := context.WithoutCancel(ctx) // they come back at once when abort is called
	var err error
	if c.traces != nil {
		err = c.traces.Shutdown(unhurried)
	}
	if c.metrics != nil {
		err = errors.Join(err, c.metrics.Shutdown(unhurried))
	}
	return err
}
