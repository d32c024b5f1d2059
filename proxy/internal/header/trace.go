package header

import (
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// The keys of W3C Trace Context.
const (
	TraceParent = "traceparent"
	TraceState  = "tracestate"
)

// Trace returns the entries of the metadata that say to which trace it belongs; nil
// where it says so in no way that W3C Trace Context can read. The entries are those
// of the metadata.
func Trace(metadata *entityv1.Metadata) []*entityv1.MetadataEntry {
	var parents, states []*entityv1.MetadataEntry
	for _, entry := range metadata.GetEntries() {
		switch strings.ToLower(entry.GetKey()) {
		case TraceParent:
			parents = append(parents, entry)
		case TraceState:
			states = append(states, entry)
		}
	}
	if len(parents) != 1 || !IsTraced(parents[0].GetStringValue()) {
		return nil
	}
	return append(parents, states...)
}

// WithTrace returns the metadata with its own trace, or where it has none with the
// one that is given; nil when nothing is left. It shares nothing that is written to
// with metadata or trace.
func WithTrace(metadata *entityv1.Metadata, trace []*entityv1.MetadataEntry) *entityv1.Metadata {
	if own := Trace(metadata); own != nil {
		trace = own
	}
	var kept []*entityv1.MetadataEntry
	for _, entry := range metadata.GetEntries() {
		if key := strings.ToLower(entry.GetKey()); key != TraceParent && key != TraceState {
			kept = append(kept, entry)
		}
	}
	kept = append(kept, trace...)
	if len(kept) == 0 {
		return nil
	}
	return &entityv1.Metadata{Entries: kept}
}

// WithParent returns the metadata with this value of traceparent, in the place of the one
// that it has, or behind everything. It shares nothing that is written to with metadata.
func WithParent(metadata *entityv1.Metadata, value string) *entityv1.Metadata {
	parent := &entityv1.MetadataEntry{Key: TraceParent, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
	entries := make([]*entityv1.MetadataEntry, 0, len(metadata.GetEntries())+1)
	replaced := false
	for _, entry := range metadata.GetEntries() {
		if strings.EqualFold(entry.GetKey(), TraceParent) {
			entry, replaced = parent, true
		}
		entries = append(entries, entry)
	}
	if !replaced {
		entries = append(entries, parent)
	}
	return &entityv1.Metadata{Entries: entries}
}

// TraceID returns the id of the trace to which the metadata says that it belongs, which
// Trace has found; empty where there is none.
func TraceID(trace []*entityv1.MetadataEntry) string {
	if len(trace) == 0 {
		return ""
	}
	return trace[0].GetStringValue()[3:35]
}

// IsTraced reports whether these values of traceparent name a trace: there is one,
// and it is valid (META-TRACE-004).
func IsTraced(parents ...string) bool { return len(parents) == 1 && isTraceParent(parents[0]) }

// isTraceParent reports whether the value is of the form "version-trace-parent-flags"
// in lower-case hexadecimal digits. A version later than 00 may say more behind a "-".
func isTraceParent(value string) bool {
	const length = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	if len(value) < length || value[2] != '-' || value[35] != '-' || value[52] != '-' {
		return false
	}
	version, trace, parent, flags, rest := value[:2], value[3:35], value[36:52], value[53:length], value[length:]
	return isHex(version) && isHex(trace) && isHex(parent) && isHex(flags) &&
		version != "ff" && strings.Trim(trace, "0") != "" && strings.Trim(parent, "0") != "" &&
		(rest == "" || version != "00" && rest[0] == '-')
}

func isHex(text string) bool { return strings.Trim(text, "0123456789abcdef") == "" }
