package collector

import (
	"context"
	"log/slog"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// link is what spans and metrics share on their way: when it ends, and whether the
// collector takes anything. That is logged when it changes, and not for each write.
type link struct {
	// ctx ends when writes are broken off.
	ctx      context.Context
	log      *slog.Logger
	observer Observer

	mu   sync.Mutex
	down bool
}

// send makes one write.
func (l *link) send(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	err := write(ctx)
	if l.ctx.Err() == nil {
		l.tell(err)
	}
	return err
}

// tell logs what has become of the collector.
func (l *link) tell(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch down := err != nil; {
	case down && !l.down:
		l.log.Warn("the OpenTelemetry collector takes nothing; what it does not take is lost, and it is tried again without a further word", "error", err)
	case !down && l.down:
		l.log.Info("the OpenTelemetry collector takes what it is sent again")
	}
	l.down = err != nil
}

// spans are those on their way. Nothing above is told that they were not taken: it could
// only log that, each time.
type spans struct {
	sdktrace.SpanExporter

	link *link
}

// ExportSpans makes one write.
func (s spans) ExportSpans(ctx context.Context, batch []sdktrace.ReadOnlySpan) error {
	err := s.link.send(ctx, func(ctx context.Context) error { return s.SpanExporter.ExportSpans(ctx, batch) })
	s.link.observer.Spans(len(batch), err == nil)
	return nil
}

// metrics are those on their way, and nothing above is told of them either.
type metrics struct {
	sdkmetric.Exporter

	link *link
}

// Export makes one write.
func (m metrics) Export(ctx context.Context, read *metricdata.ResourceMetrics) error {
	_ = m.link.send(ctx, func(ctx context.Context) error { return m.Exporter.Export(ctx, read) })
	return nil
}
