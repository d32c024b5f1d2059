// Package trace follows commands through the proxy: one span for each command, and
// below it one for each of its hops.
//
// A command's parent is what its metadata says, wherever it comes from: a caller, the
// function that forwards it, or the store. So one rule holds for calls, forwards and
// side effects, and the traces of a function join those of the proxy without a word
// between them (META-TRACE-002).
package trace

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	grpccodes "google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Tracer begins spans. A nil Tracer traces nothing, and costs nothing. Its methods may
// be called from any goroutine.
type Tracer struct{ otel trace.Tracer }

// scope is who says what the spans say.
const scope = "github.com/stateward/stateward"

// New returns a tracer whose spans go where the provider has them go.
func New(provider trace.TracerProvider, version string) *Tracer {
	return &Tracer{otel: provider.Tracer(scope, trace.WithInstrumentationVersion(version))}
}

// Role is how a command has come about.
type Role uint8

// The roles.
const (
	// Call is a caller's command. It alone may begin a trace (META-TRACE-005).
	Call Role = iota
	// Forward is the target of a forward.
	Forward
	// Effect is the target of a side effect.
	Effect
	// Durable is one attempt at a durable side effect.
	Durable
)

// String returns what spans of the role are called.
func (r Role) String() string {
	switch r {
	case Call:
		return "call"
	case Forward:
		return "forward"
	case Effect:
		return "side effect"
	case Durable:
		return "durable side effect"
	default:
		return "unknown"
	}
}

// Command says what the span of a command is about.
type Command struct {
	Role Role
	// Service is the full name of the user's service, Method the method's short name.
	Service, Method string
	// Kind is what the service is, for people.
	Kind string
}

// Command begins the span of a command with this metadata. What it returns are a context
// that holds the span, and the metadata with the span as parent; both as they were where
// nothing is recorded.
func (t *Tracer) Command(ctx context.Context, what Command, metadata *entityv1.Metadata) (context.Context, *entityv1.Metadata, Span) {
	if t == nil {
		return ctx, metadata, Span{}
	}
	parent, traced := parentOf(metadata)
	if !traced && what.Role != Call {
		return trace.ContextWithSpan(ctx, nil), metadata, Span{} // not the span of what led to it
	}
	name, kind := what.Service+"/"+what.Method, trace.SpanKindServer
	if what.Role != Call {
		name, kind = what.Role.String()+" "+name, trace.SpanKindInternal
	}
	ctx, span := t.otel.Start(trace.ContextWithRemoteSpanContext(ctx, parent), name, trace.WithSpanKind(kind), trace.WithAttributes(
		attribute.String("rpc.system", "grpc"),
		attribute.String("rpc.service", what.Service),
		attribute.String("rpc.method", what.Method),
		attribute.String("stateward.kind", what.Kind),
		attribute.String("stateward.role", what.Role.String()),
	))
	if !span.IsRecording() {
		return ctx, metadata, Span{}
	}
	return ctx, below(metadata, span), Span{span}
}

// Function begins the span of a call of an action: what the function makes of the command
// whose span ctx holds. What it returns is as that of Command.
func (t *Tracer) Function(ctx context.Context, metadata *entityv1.Metadata) (*entityv1.Metadata, Span) {
	if t == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return metadata, Span{}
	}
	_, span := t.otel.Start(ctx, hopFunction, trace.WithSpanKind(trace.SpanKindClient)) //nolint:spancheck // whoever gets it ends it
	return below(metadata, span), Span{span}                                            //nolint:spancheck // as above
}

// Span is something that takes its time. The zero Span is none, and its methods do
// nothing.
type Span struct{ otel trace.Span }

// Entity says which entity the span is about.
func (s Span) Entity(id entity.ID) {
	if s.otel != nil {
		s.otel.SetAttributes(attribute.String("stateward.entity", id.Entity))
	}
}

// End ends the span with what has come of it.
func (s Span) End(err error) {
	if s.otel != nil {
		mark(s.otel, err)
		s.otel.End()
	}
}

// mark tells a span what has come of it. What the domain says to its caller is not for those who look on: of a
// failure of its the code alone is told.
func mark(span trace.Span, err error) {
	code := fault.CodeOf(err)
	if err != nil {
		span.SetAttributes(attribute.Int("rpc.grpc.status_code", int(code)))
	}
	if err != nil && isServers(code) {
		span.SetStatus(codes.Error, textOf(err))
	}
}

// textOf returns what the proxy itself says of an error, else the name of its code.
func textOf(err error) string {
	if own, is := errors.AsType[*fault.Error](err); is {
		return own.Text
	}
	return fault.CodeOf(err).String()
}

// isServers reports whether the code says that the server is at fault, as OpenTelemetry
// has it for gRPC.
func isServers(code grpccodes.Code) bool {
	switch code {
	case grpccodes.Unknown, grpccodes.DeadlineExceeded, grpccodes.Unimplemented,
		grpccodes.Internal, grpccodes.Unavailable, grpccodes.DataLoss:
		return true
	default:
		return false
	}
}
