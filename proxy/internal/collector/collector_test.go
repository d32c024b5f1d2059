package collector_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/stateward/stateward/proxy/internal/collector"
	"github.com/stateward/stateward/proxy/internal/collector/collectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// observer counts what becomes of spans.
type observer struct {
	mu          sync.Mutex
	taken, lost int
}

func (o *observer) Spans(n int, taken bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if taken {
		o.taken += n
	} else {
		o.lost += n
	}
}

// page is a log that may be written from any goroutine.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(line)
}

// count returns how many lines there are at the level.
func (p *page) count(level string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.text.String(), "level="+level)
}

// config is a way to the endpoint, with one counter to send.
func config(endpoint string) (collector.Config, *observer, *page) {
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "apples_total", Help: "Apples."})
	counter.Add(3)
	registry := prometheus.NewRegistry()
	registry.MustRegister(counter)
	seen, log := new(observer), new(page)
	return collector.Config{
		Way:     collector.Way{Traces: true, Metrics: true, Endpoint: endpoint, Protocol: "grpc", Ratio: 1},
		Version: "1.2.3", Instance: "this one", Metrics: registry, Observer: seen,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}, seen, log
}

// open opens a way.
func open(tb testing.TB, config collector.Config) *collector.Collector {
	tb.Helper()
	opened, err := collector.Open(context.Background(), config)
	if err != nil {
		tb.Fatal(err)
	}
	return opened
}

// TestSend shows that spans and metrics arrive over both protocols, and that Close brings
// what still waits.
func TestSend(t *testing.T) {
	t.Parallel()
	for protocol, serve := range map[string]func(*collectortest.Sink) string{
		"grpc":          func(s *collectortest.Sink) string { return s.Serve(t) },
		"http/protobuf": func(s *collectortest.Sink) string { return s.ServeHTTP(t) },
	} {
		sink := collectortest.New()
		config, seen, _ := config(serve(sink))
		config.Way.Protocol = protocol
		sending := open(t, config)
		_, span := sending.Traces().Tracer("test").Start(context.Background(), "work")
		span.End()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := sending.Close(ctx); err != nil {
			t.Errorf("%s: %v", protocol, err)
		}
		if spans := sink.Spans(); len(spans) != 1 || spans[0].GetName() != "work" {
			t.Errorf("%s: spans %v", protocol, spans)
		}
		if metric := sink.Metric("apples_total"); metric.GetSum().GetDataPoints()[0].GetAsDouble() != 3 {
			t.Errorf("%s: metric %v", protocol, metric)
		}
		if about := sink.About(); about["service.name"] != "stateward-proxy" || about["service.version"] != "1.2.3" || about["service.instance.id"] != "this one" {
			t.Errorf("%s: sent by %v", protocol, about)
		}
		if seen.taken != 1 || seen.lost != 0 {
			t.Errorf("%s: %d spans taken and %d lost, want 1 and 0", protocol, seen.taken, seen.lost)
		}
	}
}

// TestDown shows that a collector which is down costs a line in the log and its spans, and
// holds up the end no longer than it may.
func TestDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	config, seen, log := config("http://" + address)
	config.Way.Queue = 64
	sending := open(t, config)
	tracer := sending.Traces().Tracer("test")
	begin := time.Now()
	for range 10_000 {
		_, span := tracer.Start(context.Background(), "work")
		span.End()
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("10,000 spans for nobody took %v", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begin = time.Now()
	_ = sending.Close(ctx) // what it could not send is lost, and counted
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
	if seen.taken != 0 || seen.lost == 0 || seen.lost > 1000 {
		t.Errorf("%d spans were taken and %d given up: want none, and no more than wait", seen.taken, seen.lost)
	}
	if n := log.count("WARN"); n > 1 {
		t.Errorf("%d lines say that the collector is down", n)
	}
}

// TestNothing shows that nobody is opened who was not asked for.
func TestNothing(t *testing.T) {
	t.Parallel()
	config, _, _ := config("")
	config.Way = collector.Way{}
	sending := open(t, config)
	if sending != nil || sending.Traces() != nil {
		t.Error("there is a way to nowhere")
	}
	if err := sending.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
