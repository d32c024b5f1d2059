package trace_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/trace"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	parent  = "b7ad6b7169203331"
)

// tracer returns a tracer that begins so many of the traces that come without one, and
// where its spans are.
func tracer(tb testing.TB, ratio float64) (*trace.Tracer, *tracetest.InMemoryExporter) {
	tb.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSyncer(spans), sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))))
	return trace.New(provider, "1.2.3"), spans
}

// metadata has the entries "key=value", in their order.
func metadata(entries ...string) *entityv1.Metadata {
	m := new(entityv1.Metadata)
	for _, entry := range entries {
		key, value, _ := strings.Cut(entry, "=")
		m.Entries = append(m.Entries, &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}})
	}
	return m
}

// entries is the reverse of metadata.
func entries(m *entityv1.Metadata) []string {
	var all []string
	for _, entry := range m.GetEntries() {
		all = append(all, entry.GetKey()+"="+entry.GetStringValue())
	}
	return all
}

// TestCommand covers META-TRACE-001, META-TRACE-002, META-TRACE-003 and META-TRACE-005: what
// a command's metadata is with the span of a proxy that records all it may, "SPAN" being
// the id of that.
func TestCommand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role  trace.Role
		ratio float64
		came  []string
		want  []string
		spans int
	}{
		"a trace that is recorded": {
			came:  []string{"a=1", "traceparent=00-" + traceID + "-" + parent + "-01", "tracestate=x=1", "tracestate=y=2", "z=3"},
			want:  []string{"a=1", "traceparent=00-" + traceID + "-SPAN-01", "tracestate=x=1", "tracestate=y=2", "z=3"},
			spans: 1,
		},
		"flags and version of a later day": {
			came:  []string{"Traceparent=cc-" + traceID + "-" + parent + "-b3-more"},
			want:  []string{"traceparent=00-" + traceID + "-SPAN-b3"},
			spans: 1,
		},
		"a trace that is not recorded": {
			ratio: 1,
			came:  []string{"traceparent=cc-" + traceID + "-" + parent + "-00-more"},
			want:  []string{"traceparent=cc-" + traceID + "-" + parent + "-00-more"},
		},
		"a tracestate that cannot be read": {
			came:  []string{"traceparent=00-" + traceID + "-" + parent + "-01", "tracestate=,,==,"},
			want:  []string{"traceparent=00-" + traceID + "-SPAN-01", "tracestate=,,==,"},
			spans: 1,
		},
		"no trace, and none asked for": {came: []string{"a=1"}, want: []string{"a=1"}},
		"no trace, and one asked for": {
			ratio: 1, came: []string{"a=1"}, want: []string{"a=1", "traceparent=00-TRACE-SPAN-01"}, spans: 1,
		},
		"a forward of no trace": {role: trace.Forward, ratio: 1, came: []string{"a=1"}, want: []string{"a=1"}},
		"a side effect of a trace": {
			role:  trace.Effect,
			came:  []string{"traceparent=00-" + traceID + "-" + parent + "-01"},
			want:  []string{"traceparent=00-" + traceID + "-SPAN-01"},
			spans: 1,
		},
	} {
		tracer, spans := tracer(t, c.ratio)
		// A span of somebody else's in the context is nobody's parent.
		other := oteltrace.ContextWithSpanContext(context.Background(), oteltrace.NewSpanContext(oteltrace.SpanContextConfig{
			TraceID: oteltrace.TraceID{1}, SpanID: oteltrace.SpanID{1}, TraceFlags: oteltrace.FlagsSampled,
		}))
		came := metadata(c.came...)
		_, got, span := tracer.Command(other, trace.Command{Role: c.role, Service: "s.S", Method: "M", Kind: "value"}, came)
		span.Entity(entity.ID{Service: "s.S", Entity: "a"})
		span.End(nil)
		ended := spans.GetSpans()
		if len(ended) != c.spans {
			t.Errorf("%s: %d spans, want %d", name, len(ended), c.spans)
			continue
		}
		want := strings.Join(c.want, " ")
		if c.spans > 0 {
			want = strings.NewReplacer("SPAN", ended[0].SpanContext.SpanID().String(), "TRACE", ended[0].SpanContext.TraceID().String()).Replace(want)
			if parented := ended[0].Parent.SpanID().String() == parent; parented != strings.Contains(strings.Join(c.came, " "), parent) {
				t.Errorf("%s: the parent is %v", name, ended[0].Parent)
			}
		}
		if got := strings.Join(entries(got), " "); got != want {
			t.Errorf("%s: the command has\n%s\nwant\n%s", name, got, want)
		}
		if got := strings.Join(entries(came), " "); got != strings.Join(c.came, " ") {
			t.Errorf("%s: what came was written to: %s", name, got)
		}
	}
}

// TestNobody shows that a nil tracer, and what it gives, does nothing.
func TestNobody(t *testing.T) {
	t.Parallel()
	var nobody *trace.Tracer
	ctx, came := context.Background(), metadata("a=1")
	gotCtx, got, span := nobody.Command(ctx, trace.Command{}, came)
	span.Entity(entity.ID{})
	span.End(errors.New("x"))
	function, asked := nobody.Function(ctx, came)
	asked.End(nil)
	trail := nobody.Follow(ctx)
	if gotCtx != ctx || got != came || function != came || trail != nil || trail.Sent(came) != came {
		t.Error("nobody has changed something")
	}
	trail.Unsent()
	trail.Answered()
	trail.Ended(nil)
	trail.Activated(time.Now(), 0, nil)
	trace.Stored([]*trace.Trail{nil}, time.Now(), 0, nil)
}

// TestNobodyCosts shows that where nobody traces nothing is allocated for it. No test runs
// beside it, which it would count.
func TestNobodyCosts(t *testing.T) { //nolint:paralleltest // see above
	var nobody *trace.Tracer
	ctx, came := context.Background(), metadata("a=1")
	if n := testing.AllocsPerRun(100, func() {
		_, _, span := nobody.Command(ctx, trace.Command{Service: "s.S", Method: "M"}, came)
		nobody.Follow(ctx).Ended(nil)
		span.End(nil)
	}); n != 0 {
		t.Errorf("nobody allocates %v times", n)
	}
}

// shape is what a span is: its name, its parent's, and those of the spans it links to.
type shape struct{ name, parent, links, status string }

// shapes returns those of the spans, in the order in which they ended.
func shapes(spans tracetest.SpanStubs) []shape {
	names := map[oteltrace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext.SpanID()] = s.Name
	}
	var all []shape
	for _, s := range spans {
		var links []string
		for _, link := range s.Links {
			links = append(links, names[link.SpanContext.SpanID()])
		}
		status := ""
		if s.Status.Code == otelcodes.Error {
			status = s.Status.Description
		}
		all = append(all, shape{s.Name, names[s.Parent.SpanID()], strings.Join(links, " "), status})
	}
	return all
}

// TestTrail follows two commands: one is sent twice, and both are stored by one write.
func TestTrail(t *testing.T) {
	t.Parallel()
	tracer, spans := tracer(t, 1)
	begin := func(method string) (*trace.Trail, *entityv1.Metadata, trace.Span) {
		ctx, came, span := tracer.Command(context.Background(), trace.Command{Service: "s.S", Method: method}, nil)
		return tracer.Follow(ctx), came, span
	}
	one, first, oneSpan := begin("One")
	one.Activated(time.Now(), 3, nil)
	sent := one.Sent(first)
	if cmp.Equal(entries(sent), entries(first)) {
		t.Error("the function is not told the span in which it works")
	}
	one.Unsent()
	again := one.Sent(sent)
	if cmp.Equal(entries(again), entries(sent)) || len(again.GetEntries()) != 1 {
		t.Errorf("the second time the function is sent %v, after %v", again, sent)
	}
	one.Answered()
	one.Answered()
	two, came, twoSpan := begin("Two")
	two.Sent(came)
	trace.Stored([]*trace.Trail{one, nil, two}, time.Now(), 4, errors.New("full"))
	two.Ended(fault.New(fault.Internal, "the function is wrong"))
	one.Ended(nil)
	oneSpan.End(nil)
	twoSpan.End(&entity.Failure{Code: codes.Internal, Description: "a secret"})
	want := []shape{
		{"activation", "mailbox", "", ""},
		{"mailbox", "s.S/One", "", ""},
		{"function", "s.S/One", "", ""},
		{"mailbox", "s.S/One", "", ""},
		{"function", "s.S/One", "", ""},
		{"mailbox", "s.S/Two", "", ""},
		{"store", "s.S/One", "", "Unknown"},
		{"store", "s.S/Two", "store", "Unknown"},
		{"function", "s.S/Two", "", "the function is wrong"},
		{"s.S/One", "", "", ""},
		{"s.S/Two", "", "", "Internal"},
	}
	if difference := cmp.Diff(want, shapes(spans.GetSpans()), cmp.AllowUnexported(shape{})); difference != "" {
		t.Error(difference)
	}
}

// TestCode shows which codes make an error of a span: those for which a server is to blame.
func TestCode(t *testing.T) {
	t.Parallel()
	for kind, blamed := range map[fault.Kind]bool{
		fault.Internal: true, fault.Unavailable: true, fault.Deadline: true, fault.Untold: true, fault.Unknown: true,
		fault.Invalid: false, fault.NotFound: false, fault.Conflict: false, fault.Exhausted: false, fault.Canceled: false,
	} {
		tracer, spans := tracer(t, 1)
		_, _, span := tracer.Command(context.Background(), trace.Command{Service: "s.S", Method: "M"}, nil)
		span.End(fault.New(kind, "so it is"))
		if got := spans.GetSpans()[0].Status.Code == otelcodes.Error; got != blamed {
			t.Errorf("code %v makes an error: %v, want %v", kind.Code(), got, blamed)
		}
	}
}
