package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// What the spans of a command's hops are called.
const (
	hopMailbox    = "mailbox"
	hopActivation = "activation"
	hopFunction   = "function"
	hopStore      = "store"
)

// Trail follows one command of an entity from hop to hop. A nil Trail follows none.
// Whoever has the command in hand calls its methods, one at a time; Stored and
// Activated may be called beside any other.
type Trail struct {
	tracer *Tracer
	// ctx holds the command's span, and waits the one of its first wait, below which an
	// activation stands.
	ctx, waits context.Context
	// hop is the span of the hop that the command is at; nil between two.
	hop trace.Span
}

// Follow begins the trail of a command whose span ctx holds, at its entity's mailbox; nil
// where it holds none.
func (t *Tracer) Follow(ctx context.Context) *Trail {
	if t == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return nil
	}
	trail := &Trail{tracer: t, ctx: ctx}
	trail.waits = trail.begin(hopMailbox, trace.SpanKindInternal)
	return trail
}

// Sent says that the function is sent the command. It returns the metadata with which.
func (t *Trail) Sent(metadata *entityv1.Metadata) *entityv1.Metadata {
	if t == nil {
		return metadata
	}
	t.finish(nil)
	t.begin(hopFunction, trace.SpanKindClient)
	return below(metadata, t.hop)
}

// Unsent says that the command waits again.
func (t *Trail) Unsent() {
	if t == nil {
		return
	}
	t.finish(nil)
	t.waits = t.begin(hopMailbox, trace.SpanKindInternal)
}

// Answered says that the function has answered.
func (t *Trail) Answered() {
	if t != nil {
		t.finish(nil)
	}
}

// Ended says that the command has its outcome.
func (t *Trail) Ended(err error) {
	if t != nil {
		t.finish(err)
	}
}

// begin begins the span of a hop, and returns a context that holds it.
func (t *Trail) begin(name string, kind trace.SpanKind) context.Context {
	ctx, span := t.tracer.otel.Start(t.ctx, name, trace.WithSpanKind(kind)) //nolint:spancheck // finish ends it
	t.hop = span
	return ctx //nolint:spancheck // as above
}

// finish ends the span of the hop that the command is at, if it is at one.
func (t *Trail) finish(err error) {
	if t.hop != nil {
		mark(t.hop, err)
		t.hop.End()
		t.hop = nil
	}
}

// Activated says that the entity was activated for the command from this moment until
// now, and that so many events were replayed.
func (t *Trail) Activated(began time.Time, events int, err error) {
	if t == nil {
		return
	}
	_, span := t.tracer.otel.Start(t.waits, hopActivation, trace.WithTimestamp(began),
		trace.WithAttributes(attribute.Int("stateward.events", events)))
	mark(span, err)
	span.End()
}

// Stored says that one write has stored the changes of these commands from this moment
// until now, with so many events; nil ones are of nobody. Each command gets a span of
// it; all but the first link to the first's, since they are one and the same write.
func Stored(trails []*Trail, began time.Time, events int, err error) {
	first := trace.SpanContext{}
	for _, t := range trails {
		if t == nil {
			continue
		}
		options := []trace.SpanStartOption{
			trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.Int("stateward.events", events), attribute.Int("stateward.changes", len(trails))),
		}
		if first.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: first}))
		}
		_, span := t.tracer.otel.Start(t.ctx, hopStore, options...)
		if !first.IsValid() {
			first = span.SpanContext()
		}
		mark(span, err)
		span.End()
	}
}
