package descriptor

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// addMethod is the counter's method Add; its key is field 1.
func addMethod(tb testing.TB) *Method {
	tb.Helper()
	registry, found := Build(wire.V1(), descriptortest.Answer(descriptortest.Files()))
	if len(found) > 0 {
		tb.Fatal(found)
	}
	method, _ := registry.Method(descriptortest.Service, "Add")
	return method
}

// field appends a string field.
func field(to []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), value)
}

// TestKey covers CORE-KEY-001, CORE-KEY-003, CORE-KEY-004 and CORE-KEY-005.
func TestKey(t *testing.T) {
	t.Parallel()
	method := addMethod(t)
	number := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 7)
	group := protowire.AppendTag(field(protowire.AppendTag(nil, 9, protowire.StartGroupType), 1, "inside"), 9, protowire.EndGroupType)
	tests := map[string]struct {
		request []byte
		key     string
		err     string
	}{
		"first":                       {field(nil, 1, "a"), "a", ""},
		"after other fields":          {field(field(nil, 2, "b"), 1, "a"), "a", ""},
		"the last one wins":           {field(field(nil, 1, "a"), 1, "b"), "b", ""},
		"the last one is empty":       {field(field(nil, 1, "a"), 1, ""), "", "names no entity"},
		"not that inside a group":     {append(field(nil, 1, "a"), group...), "a", ""},
		"another wire format ignored": {append(field(nil, 1, "a"), number...), "a", ""},
		"any characters":              {field(nil, 1, "a-b:c/d ü\x00"), "a-b:c/d ü\x00", ""},
		"absent":                      {field(nil, 2, "b"), "", `set field "id" of test.counter.v1.AddRequest`},
		"empty request":               {nil, "", "names no entity"},
		"cut short":                   {field(nil, 1, "abc")[:3], "", "not a test.counter.v1.AddRequest"},
		"garbage after the key":       {append(field(nil, 1, "a"), 0xff), "", "not a test.counter.v1.AddRequest"},
		"as long as it may be":        {field(nil, 1, strings.Repeat("k", MaxKey)), strings.Repeat("k", MaxKey), ""},
		"too long":                    {field(nil, 1, strings.Repeat("k", MaxKey+1)), "", "has 16385 bytes"},
		"not UTF-8":                   {field(nil, 1, "\xff"), "", "not valid UTF-8"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := method.Key(test.request)
			if key != test.key || (err == nil) != (test.err == "") {
				t.Fatalf("key %q, error %v", key, err)
			}
			if err != nil && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v of kind %v", err, fault.KindOf(err))
			}
		})
	}
}

// FuzzKey compares the scan with a full decoding: whatever decodes has the same key.
func FuzzKey(f *testing.F) {
	command, err := proto.Marshal(&entityv1.Command{EntityId: "a", Id: 1, Payload: &anypb.Any{TypeUrl: "x", Value: []byte("y")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(command)
	f.Add(field(field(nil, 1, "a"), 1, "b"))
	f.Add([]byte("garbage"))
	f.Fuzz(func(t *testing.T, message []byte) {
		key, scanErr := lastString(message, 1)
		var decoded entityv1.Command
		if err := proto.Unmarshal(message, &decoded); err != nil {
			return // the scan looks into no other field, and may take what the decoder refuses
		}
		if scanErr != nil || string(key) != decoded.GetEntityId() {
			t.Errorf("scan %q, %v; decoded %q", key, scanErr, decoded.GetEntityId())
		}
	})
}

func BenchmarkKey(b *testing.B) {
	method := addMethod(b)
	request := field(field(nil, 2, strings.Repeat("x", 1024)), 1, "customer-4711")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := method.Key(request); err != nil {
			b.Fatal(err)
		}
	}
}
