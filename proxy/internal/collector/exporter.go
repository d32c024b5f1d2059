package collector

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// spans opens the way of spans. What it does not say, headers and certificates among it,
// the exporter reads in its OTEL variables.
func (w Way) spans(ctx context.Context) (sdktrace.SpanExporter, error) {
	switch {
	case w.Protocol == protocolHTTP && w.Endpoint != "":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(w.path("/v1/traces")))
	case w.Protocol == protocolHTTP:
		return otlptracehttp.New(ctx)
	case w.Endpoint != "":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(w.Endpoint))
	default:
		return otlptracegrpc.New(ctx)
	}
}

// metrics opens the way of metrics.
func (w Way) metrics(ctx context.Context) (sdkmetric.Exporter, error) {
	switch {
	case w.Protocol == protocolHTTP && w.Endpoint != "":
		return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(w.path("/v1/metrics")))
	case w.Protocol == protocolHTTP:
		return otlpmetrichttp.New(ctx)
	case w.Endpoint != "":
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(w.Endpoint))
	default:
		return otlpmetricgrpc.New(ctx)
	}
}

// path returns the URL of one signal over HTTP.
func (w Way) path(signal string) string { return strings.TrimSuffix(w.Endpoint, "/") + signal }
