package frontend

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/metadata"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// incoming returns the caller's headers as metadata, less those of the
// transport, those that only the proxy says (ACC-RESERVE-001) and a broken trace; nil when
// none is left (CORE-META-001). Keys are in alphabetical
// order but for the trace, which comes last; the values of one key are in the
// caller's. An
// error has the kind fault.Invalid: protobuf takes no string that is not UTF-8.
func incoming(headers metadata.MD) (*entityv1.Metadata, error) {
	var entries []*entityv1.MetadataEntry
	traced := header.IsTraced(headers[header.TraceParent]...)
	for _, key := range slices.Sorted(maps.Keys(headers)) {
		isTrace := key == header.TraceParent || key == header.TraceState
		if header.IsTransport(key) || header.IsReserved(key) || isTrace && !traced { // A broken trace fails no call (META-TRACE-004).
			continue
		}
		for _, value := range headers[key] {
			entry := &entityv1.MetadataEntry{Key: key}
			switch {
			case strings.HasSuffix(key, header.Binary):
				entry.Value = &entityv1.MetadataEntry_BytesValue{BytesValue: []byte(value)}
			case utf8.ValidString(value):
				entry.Value = &entityv1.MetadataEntry_StringValue{StringValue: value}
			default:
				return nil, fault.New(fault.Invalid, "the header %q is not valid UTF-8: send bytes under a name that ends in %q", key, header.Binary)
			}
			entries = append(entries, entry)
		}
	}
	if len(entries) == 0 {
		return nil, nil //nolint:nilnil // absent metadata is nil (CORE-META-001)
	}
	return &entityv1.Metadata{Entries: entries}, nil
}

// outgoing returns a reply's metadata as response headers (META-REPLY-001), and
// the keys of those entries that cannot be headers.
func outgoing(reply *entityv1.Metadata) (headers metadata.MD, unfit []string) {
	for _, entry := range header.Returned(reply).GetEntries() {
		key := strings.ToLower(entry.GetKey())
		value := entry.GetStringValue()
		if _, ok := entry.GetValue().(*entityv1.MetadataEntry_BytesValue); ok {
			value = string(entry.GetBytesValue())
		}
		if !header.Fits(key, value) {
			unfit = append(unfit, entry.GetKey())
			continue
		}
		if headers == nil {
			headers = metadata.MD{}
		}
		headers[key] = append(headers[key], value)
	}
	return headers, unfit
}
