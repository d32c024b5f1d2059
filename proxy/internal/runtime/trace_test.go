package runtime_test

import (
	"slices"
	"testing"
	"testing/synctest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// TestTraceOfSharedWrite shows that commands whose changes one write stores each have a
// span of it, and that all but the first link to the first's.
func TestTraceOfSharedWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewInMemoryExporter()
		tracer := trace.New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)), "1.2.3")
		hold := faultstore.NewHold()
		journal := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Call: 1, Hold: hold})
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds, c.Tracer = kinds(journal), tracer })
		var outcomes []<-chan entity.Outcome
		var commands []oteltrace.SpanID
		for _, text := range []string{"tea ", "jam ", "rum ", "gin "} {
			ctx, _, span := tracer.Command(t.Context(), trace.Command{Service: "shop.Cart", Method: "Add"}, nil)
			outcomes = append(outcomes, w.submit(ctx, "7", "Add", text))
			commands = append(commands, oteltrace.SpanContextFromContext(ctx).SpanID())
			defer span.End(nil)
			<-hold.Reached() // tea is being written, and the others wait for their write
		}
		synctest.Wait()
		hold.Release()
		for _, outcome := range outcomes {
			<-outcome
		}
		synctest.Wait()

		writes := make([]tracetest.SpanStub, len(commands)) // of each command
		for _, s := range spans.GetSpans() {
			if s.Name == "store" {
				writes[slices.Index(commands, s.Parent.SpanID())] = s
			}
		}
		var first []oteltrace.SpanID // of those that link to nobody
		for n, write := range writes {
			if !write.SpanContext.IsValid() {
				t.Errorf("command %d has no span of its write", n+1)
			}
			if len(write.Links) == 0 {
				first = append(first, write.SpanContext.SpanID())
			}
		}
		if len(first) != 2 {
			t.Fatalf("%d writes link to none, want that of tea and the first of the others", len(first))
		}
		for n, write := range writes {
			for _, link := range write.Links {
				if link.SpanContext.SpanID() != first[1] {
					t.Errorf("the write of command %d links to another than the first of the others", n+1)
				}
			}
		}
	})
}
