package frontend

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
)

func text(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

func bytes(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte(value)}}
}

// transport are headers that belong to a connection.
var transport = []string{
	":authority", "grpc-timeout", "accept", "accept-encoding", "content-type", "content-length", "connection", "host",
	"keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
}

// TestIncoming covers CORE-META-001, META-ENTRY-001 and META-ENTRY-002.
func TestIncoming(t *testing.T) {
	t.Parallel()
	headers := metadata.MD{"z": {"1", "2"}, "a-bin": {"\x00\xff"}, "authorization": {"Bearer x"}}
	none := metadata.MD{}
	for _, key := range transport {
		headers[key] = []string{"x"}
		none[key] = []string{"x"}
	}
	got, err := incoming(headers)
	want := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		bytes("a-bin", "\x00\xff"), text("authorization", "Bearer x"), text("z", "1"), text("z", "2"),
	}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := incoming(none); got != nil || err != nil {
		t.Errorf("of transport headers alone there is %v, %v", got, err)
	}
	if _, err := incoming(metadata.MD{"name": {"\xff"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a header that is not UTF-8: %v", err)
	}
}

// TestIncomingTrace covers META-TRACE-001, META-TRACE-003, META-TRACE-004 and
// META-TRACE-005: a trace arrives as it came, or not at all.
func TestIncomingTrace(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	whole := []*entityv1.MetadataEntry{text("a", "1"), text("traceparent", parent), text("tracestate", "b=2"), text("tracestate", "a=1")}
	none := whole[:1]
	tests := map[string]struct {
		parents, states []string
		want            []*entityv1.MetadataEntry
	}{
		"whole":           {[]string{parent}, []string{"b=2", "a=1"}, whole},
		"without a state": {[]string{parent}, nil, whole[:2]},
		"a state alone":   {nil, []string{"b=2"}, none},
		"broken":          {[]string{parent[:54]}, []string{"b=2"}, none},
		"no text":         {[]string{"\xff"}, []string{"b=2"}, none},
		"two":             {[]string{parent, parent}, []string{"b=2"}, none},
		"no text at all":  {[]string{"\xff"}, []string{"\xff"}, none},
		"none":            {nil, nil, none},
	}
	for name, test := range tests {
		got, err := incoming(metadata.MD{"a": {"1"}, "traceparent": test.parents, "tracestate": test.states})
		if diff := cmp.Diff(&entityv1.Metadata{Entries: test.want}, got, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%s: %s %v", name, diff, err)
		}
	}
	if _, err := incoming(metadata.MD{"traceparent": {parent}, "tracestate": {"\xff"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a state that is no text, of a trace that is one: %v", err) // META-ENTRY-002
	}
}

// TestOutgoing covers META-REPLY-001 and META-REPLY-002.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	reply := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("A", "1"), text("a", "2"), bytes("b-bin", "\x00\xff"), text("c-bin", "text"),
		text("authorization", "x"), text("cookie", "x"),
		bytes("d", "plain"), bytes("e", "\xff"), text("f", "line\nbreak"), text("g h", "x"), text("", "x"),
	}}
	for _, key := range transport {
		reply.Entries = append(reply.Entries, text(key, "x"))
	}
	headers, unfit := outgoing(reply)
	want := metadata.MD{"a": {"1", "2"}, "b-bin": {"\x00\xff"}, "c-bin": {"text"}, "d": {"plain"}}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"e", "f", "g h", ""}, unfit); diff != "" {
		t.Error(diff)
	}
	if headers, unfit := outgoing(nil); headers != nil || unfit != nil {
		t.Errorf("of nothing there is %v, %v", headers, unfit)
	}
}
