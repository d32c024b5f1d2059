package sdk

import (
	"fmt"
	"strings"
	"unicode/utf8"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Metadata is pairs that travel beside a payload, in order; a key may stand
// more than once. Nil is none.
type Metadata []Pair

// Pair is one pair of metadata. Key is in lower case. Value is text, or any
// bytes where Key ends in "-bin".
type Pair struct{ Key, Value string }

// Get returns the first value of the key, in whatever case it is given, and ""
// where there is none.
func (m Metadata) Get(key string) string {
	if values := m.Values(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values returns every value of the key, in order; nil where there is none.
func (m Metadata) Values(key string) []string {
	var values []string
	for _, pair := range m {
		if strings.EqualFold(pair.Key, key) {
			values = append(values, pair.Value)
		}
	}
	return values
}

// readMetadata returns the pairs of the protocol's message, in order. A pair
// that has neither value has an empty one.
func readMetadata(message *entityv1.Metadata) Metadata {
	var pairs Metadata
	for _, entry := range message.GetEntries() {
		value := entry.GetStringValue()
		if bytes := entry.GetBytesValue(); bytes != nil {
			value = string(bytes)
		}
		pairs = append(pairs, Pair{Key: entry.GetKey(), Value: value})
	}
	return pairs
}

// Message returns the protocol's form, nil for none. Its error is a key that
// is no gRPC header's name, or a value that is not text and whose key does not
// say so. It is for the kinds of entities.
func (m Metadata) Message() (*entityv1.Metadata, error) {
	if len(m) == 0 {
		return nil, nil
	}
	message := &entityv1.Metadata{}
	for _, pair := range m {
		entry := &entityv1.MetadataEntry{Key: pair.Key}
		switch {
		case !isHeader(pair.Key):
			return nil, fmt.Errorf("metadata: %q is not a lower-case header name", pair.Key)
		case strings.HasSuffix(pair.Key, "-bin"):
			entry.Value = &entityv1.MetadataEntry_BytesValue{BytesValue: []byte(pair.Value)}
		case !utf8.ValidString(pair.Value):
			return nil, fmt.Errorf("metadata: the value of %q is not text; keys of bytes end in -bin", pair.Key)
		default:
			entry.Value = &entityv1.MetadataEntry_StringValue{StringValue: pair.Value}
		}
		message.Entries = append(message.Entries, entry)
	}
	return message, nil
}

// isHeader reports whether gRPC allows the key as the name of a header.
func isHeader(key string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_."
	return key != "" && strings.Trim(key, allowed) == ""
}
