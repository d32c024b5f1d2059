package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	spandata "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/collector/collectortest"
)

const (
	givenTrace  = "0af7651916cd43dd8448eb211c80319c"
	givenParent = "b7ad6b7169203331"
)

// tracing is a proxy over a quartet, whose traces go to a sink.
type tracing struct {
	function *quartet
	sink     *collectortest.Sink
	proxy    *running
	caller   *client
}

// startTracing starts one; ratio as in Config.
func startTracing(tb testing.TB, ratio float64, change func(*Config)) *tracing {
	tb.Helper()
	tr := &tracing{sink: collectortest.New()}
	function, target := startQuartet(tb)
	tr.function = function
	config := quick(target)
	config.Collector, config.TraceRatio = tr.sink.Serve(tb), ratio
	if change != nil {
		change(&config)
	}
	tr.proxy = runProxy(tb, config)
	tr.caller = tr.proxy.dial(tb)
	return tr
}

// traced is a caller's context within the given trace.
func traced() context.Context {
	return metadata.AppendToOutgoingContext(context.Background(),
		"traceparent", "00-"+givenTrace+"-"+givenParent+"-01", "tracestate", "x=1")
}

// tree returns the spans below the parent, each on a line of its own behind its depth,
// those of one parent in alphabetical order.
func tree(spans []*spandata.Span, parent []byte, depth int) string {
	var below []string
	for _, s := range spans {
		if bytes.Equal(s.GetParentSpanId(), parent) {
			below = append(below, strings.Repeat("  ", depth)+s.GetName()+"\n"+tree(spans, s.GetSpanId(), depth+1))
		}
	}
	slices.Sort(below)
	return strings.Join(below, "")
}

// end stops the proxy, which brings what is left to the sink, and returns the spans.
func (tr *tracing) end(tb testing.TB) []*spandata.Span {
	tb.Helper()
	if err := tr.proxy.halt(tb); err != nil {
		tb.Fatal(err)
	}
	return tr.sink.Spans()
}

// TestTrace shows the spans of one command of each kind, through the whole proxy. It covers
// META-TRACE-001, META-TRACE-002 and META-TRACE-006.
func TestTrace(t *testing.T) {
	for _, c := range []struct {
		service, method, key string
		want                 string
	}{
		{journals, "Add", "a", journals + "/Add\n  function\n  mailbox\n    activation\n  store\n"},
		{journals, "Get", "a", journals + "/Get\n  function\n  mailbox\n    activation\n"},
		{notes, "Add", "a", notes + "/Add\n  function\n  mailbox\n    activation\n  store\n"},
		{boards, "Add", "a", boards + "/Add\n  function\n  mailbox\n    activation\n"},
		{boards, "Watch", "a", boards + "/Watch\n  function\n  mailbox\n    activation\n"},
		{desks, "Add", "a", desks + "/Add\n  function\n"},
		{desks, "Watch", "a", desks + "/Watch\n  function\n"},
		{journals, "Get", "forward x", journals + "/Get\n" +
			"  forward " + notes + "/Get\n    function\n    mailbox\n      activation\n" +
			"  function\n  mailbox\n    activation\n"},
		{desks, "Add", "forward x", desks + "/Add\n" +
			"  forward " + notes + "/Add\n    function\n    mailbox\n      activation\n    store\n" +
			"  function\n"},
		{notes, "Add", "effects x", notes + "/Add\n" +
			"  function\n  mailbox\n    activation\n" +
			"  side effect " + desks + "/Get\n    function\n" +
			"  side effect " + notes + "/Add\n    function\n    mailbox\n      activation\n    store\n" +
			"  store\n"},
		{journals, "Add", "durable x", journals + "/Add\n" +
			"  durable side effect " + desks + "/Get\n    function\n" +
			"  function\n  mailbox\n    activation\n  store\n"},
	} {
		t.Run(c.service+"/"+c.method+" "+c.key, func(t *testing.T) {
			tr := startTracing(t, 0, nil)
			if err := tr.caller.askWith(traced(), c.service, c.method, c.key); err != nil {
				t.Fatal(err)
			}
			spans := tr.end(t)
			parent, _ := hex.DecodeString(givenParent)
			if got := tree(spans, parent, 0); got != c.want || len(spans) != strings.Count(c.want, "\n") {
				t.Errorf("the trace is\n%swith %d spans in all; want\n%s", got, len(spans), c.want)
			}
			inOrder(t, spans)
			of := map[string]string{} // the parent that the function is told, by the span's id
			for _, s := range spans {
				if got := hex.EncodeToString(s.GetTraceId()); got != givenTrace {
					t.Errorf("%s is of trace %s", s.GetName(), got)
				}
				if s.GetName() == "function" {
					of["00-"+givenTrace+"-"+hex.EncodeToString(s.GetSpanId())+"-01"] = s.GetName()
				}
			}
			if told := tr.function.parent(c.service + "/" + c.method + " " + c.key); of[told] == "" {
				t.Errorf("the function is told %q, which is no span of its work: %v", told, of)
			}
		})
	}
}

// inOrder wants each hop of a command to begin when the one before has ended.
func inOrder(t *testing.T, spans []*spandata.Span) {
	t.Helper()
	for _, before := range spans {
		for _, after := range spans {
			follows := before.GetName() == "mailbox" && after.GetName() == "function" ||
				before.GetName() == "function" && after.GetName() == "store"
			if follows && bytes.Equal(before.GetParentSpanId(), after.GetParentSpanId()) &&
				before.GetEndTimeUnixNano() > after.GetStartTimeUnixNano() {
				t.Errorf("%s ends after %s has begun", before.GetName(), after.GetName())
			}
		}
	}
}

// TestTraceBegins covers META-TRACE-005: a call without a trace begins one where that was
// asked for, and is otherwise as if nobody traced.
func TestTraceBegins(t *testing.T) {
	for ratio, want := range map[float64]int{0: 0, 1: 5} {
		t.Run(fmt.Sprint(ratio), func(t *testing.T) {
			tr := startTracing(t, ratio, nil)
			if err := tr.caller.ask(journals, "Add", "a"); err != nil {
				t.Fatal(err)
			}
			told := tr.function.parent(journals + "/Add a")
			if spans := tr.end(t); len(spans) != want || (told != "") != (want > 0) {
				t.Errorf("%d spans, and the function is told %q; want %d spans", len(spans), told, want)
			}
		})
	}
}

// TestTraceOfWrites shows that each of many commands of one entity has a span of its
// write. How many share one is the moment's; what is then linked, the runtime's test says.
func TestTraceOfWrites(t *testing.T) {
	tr := startTracing(t, 1, func(c *Config) { c.Store, c.Data = StorePebble, t.TempDir() })
	const callers = 64
	came := make(chan error, callers)
	for range callers {
		go func() { came <- tr.caller.ask(notes, "Add", "hot") }()
	}
	for range callers {
		ok(t, came)
	}
	stored := map[string]bool{}
	spans := tr.end(t)
	for _, s := range spans {
		if s.GetName() == "store" {
			stored[string(s.GetSpanId())] = true
		}
	}
	for _, s := range spans {
		for _, link := range s.GetLinks() {
			if s.GetName() != "store" || !stored[string(link.GetSpanId())] {
				t.Errorf("%s links to what is no write", s.GetName())
			}
		}
	}
	if len(stored) != callers {
		t.Errorf("%d spans of writes, want %d", len(stored), callers)
	}
}

// TestFailedCommand shows the line that a failed command leaves: with the id of its trace,
// whether anybody traces or not, and without what the domain says.
func TestFailedCommand(t *testing.T) {
	_, target := startQuartet(t)
	log := newLogReader()
	t.Cleanup(func() { log.Close() }) // once the proxy has ended
	config := quick(target)
	config.Log = slog.New(slog.NewJSONHandler(log, nil))
	caller := runProxy(t, config).dial(t)
	if err := caller.askWith(traced(), journals, "Get", "wrong x"); status.Code(err) != codes.Internal {
		t.Errorf("a wrong answer gives %v", err)
	}
	log.await(t, "a command failed", "trace", givenTrace)
	if err := caller.askWith(traced(), notes, "Get", "fail x"); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a refusal gives %v", err)
	}
	log.await(t, "a command failed", "error", "the function refused it")
}
