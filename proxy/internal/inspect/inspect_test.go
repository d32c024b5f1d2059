package inspect_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/inspect"
)

// files has one message: shop.Item, with a name, an amount, a detail of any type and an object.
func files(tb testing.TB) *protoregistry.Files {
	tb.Helper()
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type, of string) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: &number, Type: &kind, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
		if of != "" {
			f.TypeName = &of
		}
		return f
	}
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(anypb.File_google_protobuf_any_proto),
		protodesc.ToFileDescriptorProto(structpb.File_google_protobuf_struct_proto),
		{
			Name: new("shop.proto"), Package: new("shop"), Syntax: new("proto3"),
			Dependency: []string{"google/protobuf/any.proto", "google/protobuf/struct.proto"},
			MessageType: []*descriptorpb.DescriptorProto{{Name: new("Item"), Field: []*descriptorpb.FieldDescriptorProto{
				field("item_name", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING, ""),
				field("amount", 2, descriptorpb.FieldDescriptorProto_TYPE_INT64, ""),
				field("detail", 3, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, ".google.protobuf.Any"),
				field("object", 4, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, ".google.protobuf.Struct"),
			}}},
		},
	}}
	built, err := protodesc.NewFiles(set)
	if err != nil {
		tb.Fatal(err)
	}
	return built
}

// item returns an encoded shop.Item.
func item(tb testing.TB, name string, amount int64, detail *anypb.Any) []byte {
	tb.Helper()
	encoded := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
	encoded = protowire.AppendVarint(protowire.AppendTag(encoded, 2, protowire.VarintType), uint64(amount))
	if detail != nil {
		inner, err := proto.Marshal(detail)
		if err != nil {
			tb.Fatal(err)
		}
		encoded = protowire.AppendBytes(protowire.AppendTag(encoded, 3, protowire.BytesType), inner)
	}
	return encoded
}

// TestJSON shows payloads of each convention.
func TestJSON(t *testing.T) {
	t.Parallel()
	known := files(t)
	lens := inspect.New(known)
	message := func(m proto.Message) []byte {
		encoded, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	packed := &anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.Timestamp", Value: message(&timestamppb.Timestamp{Seconds: 1})}
	for name, test := range map[string]struct {
		url   string
		bytes []byte
		want  string // JSON, or what the error says
	}{
		"a message":                 {"type.googleapis.com/shop.Item", item(t, "tea", 7, nil), `{"amount":"7","item_name":"tea"}`},
		"any prefix":                {"elsewhere/of/shop.Item", item(t, "tea", 7, nil), `{"amount":"7","item_name":"tea"}`},
		"one that holds another":    {"x/shop.Item", item(t, "tea", 7, packed), `{"amount":"7","detail":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:01Z"},"item_name":"tea"}`},
		"a message of google's":     {"type.googleapis.com/google.protobuf.Int64Value", message(wrapperspb.Int64(-5)), `"-5"`},
		"no bytes":                  {"x/shop.Item", nil, `{}`},
		"one that nobody knows":     {"x/shop.Other", nil, "do not know shop.Other"},
		"broken":                    {"x/shop.Item", []byte{0x0a, 9, 1}, "are no shop.Item"},
		"no type":                   {"", []byte{1}, "names no type"},
		"too large":                 {"x/shop.Item", make([]byte, inspect.MaxBytes+1), "bytes"},
		"a text":                    {"p.cloudstate.io/string", message(wrapperspb.String("tea ☕")), `"tea ☕"`},
		"bytes":                     {"p.cloudstate.io/bytes", message(wrapperspb.Bytes([]byte{0xff})), `"/w=="`},
		"true":                      {"p.cloudstate.io/bool", message(wrapperspb.Bool(true)), `true`},
		"a default":                 {"p.cloudstate.io/bool", nil, `false`},
		"a negative":                {"p.cloudstate.io/int32", message(wrapperspb.Int32(-3)), `-3`},
		"a large one":               {"p.cloudstate.io/int64", message(wrapperspb.Int64(math.MaxInt64)), `"9223372036854775807"`},
		"one without a sign":        {"p.cloudstate.io/uint64", message(wrapperspb.UInt64(math.MaxUint64)), `"18446744073709551615"`},
		"a short fraction":          {"p.cloudstate.io/float", message(wrapperspb.Float(0.1)), `0.1`},
		"a long one":                {"p.cloudstate.io/double", message(wrapperspb.Double(2.5)), `2.5`},
		"no number":                 {"p.cloudstate.io/double", message(wrapperspb.Double(math.NaN())), `"NaN"`},
		"an older scalar":           {"p.cloudstate.io/sint64", protowire.AppendVarint([]byte{8}, protowire.EncodeZigZag(-2)), `-2`},
		"no scalar":                 {"p.cloudstate.io/shop.Item", nil, "no scalar type"},
		"a scalar of another wire":  {"p.cloudstate.io/string", message(wrapperspb.Int64(1)), "another type"},
		"a scalar that is cut":      {"p.cloudstate.io/string", []byte{0x0a, 5, 'a'}, "no string"},
		"JSON":                      {"json.cloudstate.io/object", message(wrapperspb.Bytes([]byte(`{"b":[1,2.5,null],"a":9007199254740993}`))), `{"a":"9007199254740993","b":[1,2.5,null]}`},
		"JSON that is none":         {"json.cloudstate.io/object", message(wrapperspb.Bytes([]byte(`{`))), "no JSON text"},
		"more than one JSON":        {"json.cloudstate.io/object", message(wrapperspb.Bytes([]byte(`1 2`))), "behind"},
		"JSON that goes too deep":   {"json.cloudstate.io/object", message(wrapperspb.Bytes([]byte(strings.Repeat("[", 200) + strings.Repeat("]", 200)))), "deeper"},
		"a struct that is no UTF-8": {"json.cloudstate.io/object", message(wrapperspb.Bytes([]byte("\"\xff\""))), "UTF-8"},
	} {
		value, err := lens.JSON(&anypb.Any{TypeUrl: test.url, Value: test.bytes})
		if err != nil {
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", name, err, test.want)
			}
			continue
		}
		if got := text(t, value); got != test.want {
			t.Errorf("%s is shown as %s, want %s", name, got, test.want)
		}
	}
}

// text returns the JSON, always the same.
func text(tb testing.TB, value *structpb.Value) string {
	tb.Helper()
	encoded, err := json.Marshal(value.AsInterface())
	if err != nil {
		tb.Fatal(err)
	}
	return string(encoded)
}

// TestReplica shows a value of each replicated type.
func TestReplica(t *testing.T) {
	t.Parallel()
	lens := inspect.New(nil)
	word := func(s string) crdt.Payload {
		encoded, err := proto.Marshal(wrapperspb.String(s))
		if err != nil {
			t.Fatal(err)
		}
		return crdt.Payload{Type: "p.cloudstate.io/string", Bytes: string(encoded)}
	}
	unknown := crdt.Payload{Type: "x/shop.Item", Bytes: "\x01"}
	minus := uint64(math.MaxUint64) // -1 in two's complement
	for want, value := range map[string]*crdt.Value{
		`null`:      {},
		`7`:         {Type: crdt.GCounter, Number: 7},
		`-1`:        {Type: crdt.PNCounter, Number: minus},
		`true`:      {Type: crdt.Flag, Set: true},
		`"tea"`:     {Type: crdt.LWWRegister, Register: word("tea")},
		`["a","b"]`: {Type: crdt.ORSet, Elements: map[crdt.Payload]struct{}{word("b"): {}, word("a"): {}}},
		`[]`:        {Type: crdt.GSet},
		`[{"@type":"x/shop.Item","base64":"AQ=="}]`: {Type: crdt.GSet, Elements: map[crdt.Payload]struct{}{unknown: {}}},
		`{"tea":3}`: {Type: crdt.PNCounterMap, Entries: map[crdt.Payload]*crdt.Value{word("tea"): {Type: crdt.PNCounter, Number: 3}}},
		`[{"key":{"@type":"x/shop.Item","base64":"AQ=="},"value":false}]`: {
			Type: crdt.ORMap, Entries: map[crdt.Payload]*crdt.Value{unknown: {Type: crdt.Flag}},
		},
		`{"for":2,"self":true,"voters":3}`: {Type: crdt.Vote, Self: true, For: 2, Voters: 3},
	} {
		if got := text(t, lens.Replica(value)); got != want {
			t.Errorf("%v is shown as %s, want %s", value.Type, got, want)
		}
	}
}

// FuzzJSON: whatever is stored, it is shown, or an error says why not; and what is shown
// can be sent.
func FuzzJSON(f *testing.F) {
	known := files(f)
	lens := inspect.New(known)
	f.Add("x/shop.Item", item(f, "tea", 7, nil))
	f.Add("p.cloudstate.io/string", []byte{0x0a, 1, 'a'})
	f.Add("p.cloudstate.io/sint32", []byte{8, 3})
	f.Add("json.cloudstate.io/object", []byte("\x0a\x0d{\"a\":[1,2e9]}"))
	f.Add("x/google.protobuf.Struct", []byte{0x0a, 3, 0x0a, 1, 'a'})
	f.Add("x/google.protobuf.Any", []byte{0x0a, 1, '/'})
	f.Fuzz(func(t *testing.T, url string, encoded []byte) {
		value, err := lens.JSON(&anypb.Any{TypeUrl: url, Value: encoded})
		if err != nil {
			if value != nil {
				t.Errorf("%v, and %v as well", value, err)
			}
			return
		}
		if _, err := proto.Marshal(value); err != nil {
			t.Errorf("what is shown cannot be sent: %v", err)
		}
	})
}
