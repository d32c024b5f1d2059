// Package header says which pairs of metadata belong to a call, which to the
// connection that carried it, and which can travel as headers of gRPC.
package header

import (
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Binary ends the keys whose values are bytes (META-ENTRY-001).
const Binary = "-bin"

// IsTransport reports whether the header belongs to one connection and not to
// the call (CORE-META-001). The key is in lower case.
func IsTransport(key string) bool {
	for _, prefix := range []string{":", "grpc-", "accept", "content-"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	switch key {
	case "connection", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent":
		return true
	default:
		return false
	}
}

// Fits reports whether gRPC can carry the pair. The key is in lower case.
func Fits(key, value string) bool {
	if !isName(key) {
		return false
	}
	if strings.HasSuffix(key, Binary) {
		return true
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}

// Forwarded returns what a function's own metadata comes to at the target of a
// forward or side effect: its entries with their keys in lower case, less those
// of the transport (FX-META-001), those that are the proxy's own (ACC-RESERVE-002) and
// those that no caller could have sent (FX-META-002); nil when none is left (FX-FWD-006). It shares nothing that is
// written to with given.
func Forwarded(given *entityv1.Metadata) *entityv1.Metadata {
	var kept []*entityv1.MetadataEntry
	for _, entry := range given.GetEntries() {
		key := strings.ToLower(entry.GetKey())
		if isName(key) && !IsTransport(key) && !IsReserved(key) && rightCase(key, entry) {
			kept = append(kept, &entityv1.MetadataEntry{Key: key, Value: entry.GetValue()})
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return &entityv1.Metadata{Entries: kept}
}

// Returned returns what a reply's metadata comes to at the caller: its entries less
// those of the transport, authorization and cookie (META-REPLY-001), and those that are
// the proxy's own (ACC-RESERVE-003). It shares
// nothing that is written to with given.
func Returned(given *entityv1.Metadata) *entityv1.Metadata {
	returned := &entityv1.Metadata{}
	for _, entry := range given.GetEntries() {
		if key := strings.ToLower(entry.GetKey()); !IsTransport(key) && !IsReserved(key) && key != "authorization" && key != "cookie" {
			returned.Entries = append(returned.Entries, entry)
		}
	}
	return returned
}

// rightCase reports whether the value is of the case that META-ENTRY-001 gives
// the key.
func rightCase(key string, entry *entityv1.MetadataEntry) bool {
	switch entry.GetValue().(type) {
	case *entityv1.MetadataEntry_BytesValue:
		return strings.HasSuffix(key, Binary)
	case *entityv1.MetadataEntry_StringValue:
		return !strings.HasSuffix(key, Binary)
	default:
		return false
	}
}

// isName reports whether the key can be a header's name.
func isName(key string) bool {
	for _, c := range key {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return key != ""
}

// Size returns how many bytes the keys and the values have together, which is what
// a limit of metadata counts.
func Size(metadata *entityv1.Metadata) int {
	size := 0
	for _, entry := range metadata.GetEntries() {
		size += len(entry.GetKey()) + len(entry.GetStringValue()) + len(entry.GetBytesValue())
	}
	return size
}
