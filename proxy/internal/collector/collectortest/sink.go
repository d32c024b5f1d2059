// Package collectortest is an OpenTelemetry collector that keeps what it is sent.
package collectortest

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	metricsv1 "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricdata "go.opentelemetry.io/proto/otlp/metrics/v1"
	spandata "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Sink is the collector. Its methods may be called from any goroutine.
type Sink struct {
	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, whenever something has come
	spans   []*spandata.Span
	about   map[string]string
	metrics map[string]*metricdata.Metric
}

// New returns a sink that listens nowhere.
func New() *Sink {
	return &Sink{changed: make(chan struct{}), about: map[string]string{}, metrics: map[string]*metricdata.Metric{}}
}

// Serve serves the sink over gRPC until the end of the test, and returns its URL.
func (s *Sink) Serve(tb testing.TB) string {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.ServeOn(tb, listener)
	return "http://" + listener.Addr().String()
}

// ServeOn is Serve on a listener, which it then owns.
func (s *Sink) ServeOn(tb testing.TB, listener net.Listener) {
	tb.Helper()
	server := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(server, traces{sink: s})
	metricsv1.RegisterMetricsServiceServer(server, metrics{sink: s})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	tb.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
}

// ServeHTTP serves the sink over HTTP until the end of the test, and returns its URL.
func (s *Sink) ServeHTTP(tb testing.TB) string {
	tb.Helper()
	pages := http.NewServeMux()
	pages.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		request := new(tracev1.ExportTraceServiceRequest)
		if read(tb, r, request) {
			s.takeSpans(request)
			write(tb, w, new(tracev1.ExportTraceServiceResponse))
		}
	})
	pages.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		request := new(metricsv1.ExportMetricsServiceRequest)
		if read(tb, r, request) {
			s.takeMetrics(request)
			write(tb, w, new(metricsv1.ExportMetricsServiceResponse))
		}
	})
	server := httptest.NewServer(pages)
	tb.Cleanup(server.Close)
	return server.URL
}

func read(tb testing.TB, r *http.Request, into proto.Message) bool {
	tb.Helper()
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		tb.Error(err)
	}
	return err == nil
}

func write(tb testing.TB, w http.ResponseWriter, answer proto.Message) {
	tb.Helper()
	body, err := proto.Marshal(answer)
	if err != nil {
		tb.Error(err)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	if _, err := w.Write(body); err != nil {
		tb.Error(err)
	}
}

// Spans returns the spans that have come, oldest first.
func (s *Sink) Spans() []*spandata.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.spans)
}

// About returns what the senders say of themselves.
func (s *Sink) About() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.about)
}

// Metric returns what has come last of the metric; nil when nothing has.
func (s *Sink) Metric(name string) *metricdata.Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.metrics[name]
}

// Await waits until the condition holds, which is looked at whenever something has come.
func (s *Sink) Await(ctx context.Context, condition func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if condition() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Sink) takeSpans(request *tracev1.ExportTraceServiceRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range request.GetResourceSpans() {
		for _, attribute := range of.GetResource().GetAttributes() {
			s.about[attribute.GetKey()] = attribute.GetValue().GetStringValue()
		}
		for _, scope := range of.GetScopeSpans() {
			s.spans = append(s.spans, scope.GetSpans()...)
		}
	}
	s.tell()
}

func (s *Sink) takeMetrics(request *metricsv1.ExportMetricsServiceRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range request.GetResourceMetrics() {
		for _, scope := range of.GetScopeMetrics() {
			for _, metric := range scope.GetMetrics() {
				s.metrics[metric.GetName()] = metric
			}
		}
	}
	s.tell()
}

// tell wakes those that wait. The caller holds mu.
func (s *Sink) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// The services of a collector.
type (
	traces struct {
		tracev1.UnimplementedTraceServiceServer

		sink *Sink
	}
	metrics struct {
		metricsv1.UnimplementedMetricsServiceServer

		sink *Sink
	}
)

func (t traces) Export(_ context.Context, request *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	t.sink.takeSpans(request)
	return new(tracev1.ExportTraceServiceResponse), nil
}

func (m metrics) Export(_ context.Context, request *metricsv1.ExportMetricsServiceRequest) (*metricsv1.ExportMetricsServiceResponse, error) {
	m.sink.takeMetrics(request)
	return new(metricsv1.ExportMetricsServiceResponse), nil
}
