package header_test

import (
	"strings"
	"testing"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

func keyed(values ...string) *entityv1.Metadata {
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
		Key: "colour", Value: &entityv1.MetadataEntry_StringValue{StringValue: "red"},
	}}}
	for _, value := range values {
		metadata.Entries = append(metadata.Entries, &entityv1.MetadataEntry{
			Key: "idempotency-key", Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
		})
	}
	return metadata
}

// IDEM-KEY-001, IDEM-KEY-002: one value of 1 to 256 bytes, each from 0x20 to 0x7e.
func TestKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 256)
	for _, value := range []string{"k", " ", `"~"`, long} {
		if key, err := header.Key(keyed(value)); key != value || err != nil {
			t.Errorf("%q: %q, %v", value, key, err)
		}
	}
	for _, values := range [][]string{{""}, {long + "k"}, {"\x1f"}, {"\x7f"}, {"ü"}, {"\xff"}, {"a", "a"}} {
		if key, err := header.Key(keyed(values...)); key != "" || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %q, %v", values, key, err)
		}
	}
	for _, metadata := range []*entityv1.Metadata{nil, keyed()} {
		if key, err := header.Key(metadata); key != "" || err != nil {
			t.Errorf("%v: %q, %v", metadata, key, err)
		}
	}
}

// IDEM-DERIVE-001: a key that only repeats that of its call is none of its own.
func TestHasKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []string
		call   string
		want   bool
	}{
		{nil, "k", false},
		{[]string{"k"}, "k", false},
		{[]string{"l"}, "k", true},
		{[]string{"k"}, "", true},
		{[]string{"k", "k"}, "k", true},
		{[]string{""}, "", true},
		{[]string{""}, "k", true},
	} {
		if got := header.HasKey(keyed(test.values...), test.call); got != test.want {
			t.Errorf("%q after a call with %q: %t", test.values, test.call, got)
		}
	}
}

func TestWithKey(t *testing.T) {
	t.Parallel()
	given := keyed("a", "b")
	with, without := header.WithKey(given, "c"), header.WithoutKey(given)
	if key, err := header.Key(with); key != "c" || err != nil || len(with.GetEntries()) != 2 || len(without.GetEntries()) != 1 || len(given.GetEntries()) != 3 {
		t.Errorf("%v and %v of %v", with, without, given)
	}
	if header.WithoutKey(nil) != nil || header.WithKey(nil, "k").GetEntries()[0].GetStringValue() != "k" {
		t.Error("of nothing")
	}
}
