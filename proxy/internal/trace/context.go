package trace

import (
	"strings"

	"go.opentelemetry.io/otel/trace"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/header"
)

// parentOf returns the span that the metadata names as the parent. False means that it
// names none that is valid (META-TRACE-004).
func parentOf(metadata *entityv1.Metadata) (trace.SpanContext, bool) {
	pair := header.Trace(metadata)
	if pair == nil {
		return trace.SpanContext{}, false
	}
	value := pair[0].GetStringValue() // whose form header.Trace has checked
	id, err := trace.TraceIDFromHex(value[3:35])
	if err != nil {
		return trace.SpanContext{}, false
	}
	span, err := trace.SpanIDFromHex(value[36:52])
	if err != nil {
		return trace.SpanContext{}, false
	}
	var states []string
	for _, entry := range pair[1:] {
		states = append(states, entry.GetStringValue())
	}
	state, _ := trace.ParseTraceState(strings.Join(states, ",")) // a state that cannot be read is passed on all the same
	flags := trace.TraceFlags(0)
	if isSampled(value) {
		flags = trace.FlagsSampled
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: flags, TraceState: state, Remote: true}), true
}

// isSampled reports whether the flags of a valid traceparent say that its trace is
// recorded: by the last bit of its last digit.
func isSampled(parent string) bool { return strings.IndexByte("13579bdf", parent[54]) >= 0 }

// below returns the metadata with the span as the parent. A trace that came keeps its
// flags, and its tracestate (META-TRACE-001 to META-TRACE-003).
func below(metadata *entityv1.Metadata, span trace.Span) *entityv1.Metadata {
	context, flags := span.SpanContext(), "01"
	if pair := header.Trace(metadata); pair != nil {
		flags = pair[0].GetStringValue()[53:55]
	}
	return header.WithParent(metadata, "00-"+context.TraceID().String()+"-"+context.SpanID().String()+"-"+flags)
}
