package header_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/header"
)

func text(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

func bytes(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte(value)}}
}

// TestForwarded covers FX-META-001, FX-META-002 and FX-FWD-006.
func TestForwarded(t *testing.T) {
	t.Parallel()
	given := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("Trace", "1"), text("trace", "2"), bytes("key-bin", "\x00"),
		text("grpc-timeout", "1S"), text("Content-Type", "x"), text("te", "trailers"), text(":path", "/"), text("Host", "h"),
		text("no name", "x"), text("", "x"), text("wrong-bin", "x"), bytes("wrong", "x"),
		{Key: "unset"},
	}}
	want := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{text("trace", "1"), text("trace", "2"), bytes("key-bin", "\x00")}}
	if diff := cmp.Diff(want, header.Forwarded(given), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if given.GetEntries()[0].GetKey() != "Trace" {
		t.Error("what the function sent has been written to")
	}
	for _, none := range []*entityv1.Metadata{nil, {}, {Entries: []*entityv1.MetadataEntry{text("te", "trailers")}}} {
		if got := header.Forwarded(none); got != nil {
			t.Errorf("%v comes to %v, want nothing", none, got)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]bool{
		{"a", "b"}: true, {"a", ""}: true, {"a-bin", "\x00"}: true,
		{"A", "b"}: false, {"", "b"}: false, {"a", "ü"}: false, {"a", "x\n"}: false, {"a b", "c"}: false,
	} {
		if got := header.Fits(pair[0], pair[1]); got != want {
			t.Errorf("Fits(%q, %q) is %v", pair[0], pair[1], got)
		}
	}
}
