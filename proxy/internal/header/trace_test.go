package header_test

import (
	"fmt"
	"strings"
	"testing"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/header"
)

const (
	parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	other  = "00-11111111111111111111111111111111-b7ad6b7169203331-00"
)

// read returns the metadata whose entries are written key=value.
func read(text string) *entityv1.Metadata {
	if text == "" {
		return nil
	}
	all := &entityv1.Metadata{}
	for entry := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(entry, "=")
		all.Entries = append(all.Entries, &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}})
	}
	return all
}

// write is the reverse of read.
func write(metadata *entityv1.Metadata) string {
	var all []string
	for _, entry := range metadata.GetEntries() {
		all = append(all, entry.GetKey()+"="+entry.GetStringValue())
	}
	return strings.Join(all, " ")
}

func TestTraceParent(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		parent:                               true,
		"01" + parent[2:]:                    true,
		"01" + parent[2:] + "-more":          true,
		"01" + parent[2:] + "more":           false,
		parent + "-more":                     false,
		"ff" + parent[2:]:                    false,
		strings.ToUpper(parent):              false,
		parent[:len(parent)-1]:               false,
		strings.ReplaceAll(parent, "-", "_"): false,
		"zz" + parent[2:]:                    false,
		parent[:3] + strings.Repeat("0", 32) + parent[35:]:  false,
		parent[:36] + strings.Repeat("0", 16) + parent[52:]: false,
		"": false,
	} {
		if got := header.Trace(read("traceparent="+value)) != nil; got != want {
			t.Errorf("%q is a trace: %t", value, got)
		}
	}
}

// Forwards and side effects belong to the trace of their command, unless they say
// themselves to which.
func TestWithTrace(t *testing.T) {
	t.Parallel()
	caller := fmt.Sprintf("traceparent=%s tracestate=a tracestate=b", parent)
	tests := map[string]struct{ own, trace, want string }{
		"nothing at all":       {"", "", ""},
		"the command's":        {"colour=red", caller, "colour=red " + caller},
		"the command's alone":  {"", caller, caller},
		"its own":              {"traceparent=" + other + " colour=red", caller, "colour=red traceparent=" + other},
		"its own, in capitals": {"TraceParent=" + other, caller, "TraceParent=" + other},
		"one that is broken":   {"traceparent=00-1-2-3 tracestate=c", caller, caller},
		"two of them":          {"traceparent=" + other + " traceparent=" + other, caller, caller},
		"a state without one":  {"tracestate=c", caller, caller},
		"broken, and none":     {"traceparent=? tracestate=c", "", ""},
	}
	for name, test := range tests {
		got := header.WithTrace(read(test.own), header.Trace(read(test.trace)))
		if write(got) != test.want || (got == nil) != (test.want == "") {
			t.Errorf("%s: %q, want %q", name, write(got), test.want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	metadata := read("colour=red")
	metadata.Entries = append(metadata.Entries, &entityv1.MetadataEntry{
		Key: "x-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{1, 2}},
	})
	if got := header.Size(metadata); got != 16 || header.Size(nil) != 0 {
		t.Errorf("%d bytes", got)
	}
}

// FuzzTrace checks that whatever a peer sends is either read or left out.
func FuzzTrace(f *testing.F) {
	for _, value := range []string{parent, other, "", "-", strings.Repeat("-", 55)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
			Key: "traceparent", Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
		}}}
		got := header.WithTrace(metadata, header.Trace(read("traceparent="+parent)))
		if len(got.GetEntries()) != 1 || len(got.GetEntries()[0].GetStringValue()) < len(parent) {
			t.Errorf("%q gives %v", value, got)
		}
	})
}
