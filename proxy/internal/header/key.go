package header

import (
	"slices"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// IdempotencyKey is the key of metadata under which a call has its idempotency key.
const IdempotencyKey = "idempotency-key"

// longestKey is how many bytes an idempotency key may have.
const longestKey = 256

// Key returns the idempotency key of the metadata, whose keys are in lower case, and ""
// where there is none (IDEM-KEY-001). Of several values, or of one that is no key, the
// error is a fault.Invalid (IDEM-KEY-002).
func Key(metadata *entityv1.Metadata) (string, error) {
	key, found := "", false
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() != IdempotencyKey {
			continue
		}
		if found {
			return "", fault.New(fault.Invalid, "the call has more than one %s", IdempotencyKey)
		}
		key, found = entry.GetStringValue(), true
	}
	if found && !isIdempotencyKey(key) {
		return "", fault.New(fault.Invalid, "the %s has to have 1 to %d bytes, each a visible character of ASCII or a space", IdempotencyKey, longestKey)
	}
	return key, nil
}

// isIdempotencyKey reports whether the value has the form of a key.
func isIdempotencyKey(value string) bool {
	visible := func(c rune) bool { return c >= ' ' && c <= '~' }
	return value != "" && len(value) <= longestKey && strings.IndexFunc(value, func(c rune) bool { return !visible(c) }) < 0
}

// HasKey reports whether the metadata has an idempotency key of its own, right or wrong:
// one that is not just that of the call from which it follows (IDEM-DERIVE-001).
func HasKey(metadata *entityv1.Metadata, call string) bool {
	var values []string
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() == IdempotencyKey {
			values = append(values, entry.GetStringValue())
		}
	}
	return len(values) > 0 && (call == "" || !slices.Equal(values, []string{call}))
}

// WithKey returns the metadata with the key as its only idempotency key. It shares
// nothing that is written to with metadata.
func WithKey(metadata *entityv1.Metadata, key string) *entityv1.Metadata {
	entries := append(withoutKey(metadata), &entityv1.MetadataEntry{
		Key: IdempotencyKey, Value: &entityv1.MetadataEntry_StringValue{StringValue: key},
	})
	return &entityv1.Metadata{Entries: entries}
}

// WithoutKey returns the metadata without an idempotency key; nil when nothing is left.
// It shares nothing that is written to with metadata.
func WithoutKey(metadata *entityv1.Metadata) *entityv1.Metadata {
	kept := withoutKey(metadata)
	if len(kept) == 0 {
		return nil
	}
	return &entityv1.Metadata{Entries: kept}
}

func withoutKey(metadata *entityv1.Metadata) []*entityv1.MetadataEntry {
	var kept []*entityv1.MetadataEntry
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() != IdempotencyKey {
			kept = append(kept, entry)
		}
	}
	return kept
}
