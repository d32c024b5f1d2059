package descriptor

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// composite is what a proxy offers that takes keys of several fields.
func composite() Offer {
	return Offer{Dialect: wire.V1(), Capabilities: entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS)}
}

// cloudstate is what a proxy offers to a function of 0.2.
func cloudstate() Offer { return Offer{Dialect: wire.Cloudstate()} }

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

// keyed is the method of a service whose request has these fields, in this order, each
// with the option of the dialect. A field is written as in a proto file:
// "string id = 1"; "oneof " before it makes it a member of one.
func keyed(tb testing.TB, offer Offer, fields ...string) (*Method, *Registry) {
	tb.Helper()
	registry, found := offer.Build(keyedAnswer(tb, offer, fields...))
	if len(found) > 0 {
		tb.Fatal(found)
	}
	method, ok := registry.Method("test.Keyed", "Call")
	if !ok {
		tb.Fatal("the method is not there")
	}
	return method, registry
}

// keyedAnswer is the answer of a function with the service of keyed.
func keyedAnswer(tb testing.TB, offer Offer, fields ...string) *discoveryv1.DiscoverResponse {
	tb.Helper()
	message := &descriptorpb.DescriptorProto{Name: new("Request")}
	for _, text := range fields {
		message.Field = append(message.GetField(), keyedField(tb, message, text, offer.Dialect.EntityKeys[0]))
	}
	file := &descriptorpb.FileDescriptorProto{
		Name: new("test.proto"), Package: new("test"), Syntax: new("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{message},
		EnumType: []*descriptorpb.EnumDescriptorProto{{
			Name:  new("Enum"),
			Value: []*descriptorpb.EnumValueDescriptorProto{{Name: new("NONE"), Number: new(int32(0))}},
		}},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: new("Keyed"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: new("Call"), InputType: new(".test.Request"), OutputType: new(".test.Request"),
			}},
		}},
	}
	serialized, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file}})
	if err != nil {
		tb.Fatal(err)
	}
	value, _ := offer.Dialect.OfKind(wire.Value)
	return &discoveryv1.DiscoverResponse{
		Proto:    serialized,
		Entities: []*discoveryv1.Entity{{EntityType: value.Type, ServiceName: "test.Keyed", PersistenceId: "keyed"}},
		ServiceInfo: &discoveryv1.ServiceInfo{
			ProtocolMajorVersion: offer.Dialect.Major, ProtocolMinorVersion: offer.Dialect.Minor,
			Capabilities: []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS},
		},
	}
}

// keyedField is one field of the request, marked as a key.
func keyedField(tb testing.TB, message *descriptorpb.DescriptorProto, text string, option protowire.Number) *descriptorpb.FieldDescriptorProto {
	tb.Helper()
	field := &descriptorpb.FieldDescriptorProto{Options: new(descriptorpb.FieldOptions), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	rest, member := strings.CutPrefix(text, "oneof ")
	if member {
		message.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("which")}}
		field.OneofIndex = new(int32(0))
	}
	rest, repeated := strings.CutPrefix(rest, "repeated ")
	if repeated {
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	}
	var kind, name string
	var number int32
	if _, err := fmt.Sscanf(rest, "%s %s = %d", &kind, &name, &number); err != nil {
		tb.Fatalf("%q: %v", text, err)
	}
	field.Name, field.Number = &name, &number
	if kind == "enum" {
		field.TypeName = new(".test.Enum")
	}
	field.Type = descriptorpb.FieldDescriptorProto_Type(descriptorpb.FieldDescriptorProto_Type_value["TYPE_"+strings.ToUpper(kind)]).Enum()
	field.GetOptions().ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, option, protowire.VarintType), 1))
	return field
}

// field appends a string field.
func field(to []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), value)
}

// number appends a field with the varint of a number.
func number(to []byte, at protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, at, protowire.VarintType), value)
}

// keyTest is a request, and the key that it has or why it has none.
type keyTest struct {
	request []byte
	key     string
	err     string
}

// check reads the key of the request.
func (test keyTest) check(t *testing.T, method *Method) {
	t.Helper()
	key, err := method.Key(test.request)
	if key != test.key || (err == nil) != (test.err == "") {
		t.Fatalf("key %q, error %v; want %q", key, err, test.key)
	}
	if err != nil && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), test.err)) {
		t.Errorf("error %v of kind %v", err, fault.KindOf(err))
	}
}

// TestKey covers CORE-KEY-001, CORE-KEY-003, CORE-KEY-004 and CORE-KEY-005.
func TestKey(t *testing.T) {
	t.Parallel()
	method := addMethod(t)
	group := protowire.AppendTag(field(protowire.AppendTag(nil, 9, protowire.StartGroupType), 1, "inside"), 9, protowire.EndGroupType)
	tests := map[string]keyTest{
		"first":                       {field(nil, 1, "a"), "a", ""},
		"after other fields":          {field(field(nil, 2, "b"), 1, "a"), "a", ""},
		"the last one wins":           {field(field(nil, 1, "a"), 1, "b"), "b", ""},
		"the last one is empty":       {field(field(nil, 1, "a"), 1, ""), "", "names no entity"},
		"not that inside a group":     {append(field(nil, 1, "a"), group...), "a", ""},
		"another wire format ignored": {number(field(nil, 1, "a"), 1, 7), "a", ""},
		"any characters":              {field(nil, 1, "a-b:c/d%25 ü\x00"), "a-b:c/d%25 ü\x00", ""},
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
			test.check(t, method)
		})
	}
}

// TestKeyOfOneField covers DISC-KEY-005: the text of a field of each type.
func TestKeyOfOneField(t *testing.T) {
	t.Parallel()
	fixed32 := protowire.AppendFixed32(protowire.AppendTag(nil, 1, protowire.Fixed32Type), 1<<32-7)
	fixed64 := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), 1<<64-7)
	minus := uint64(1<<64 - 7) // as int32 and int64 have it
	tests := map[string]map[string]keyTest{
		"string": {"a text": {field(nil, 1, "a/b%"), "a/b%", ""}, "none": {nil, "", "names no entity"}},
		"int32":  {"below 0": {number(nil, 1, minus), "-7", ""}, "absent": {nil, "0", ""}, "too large": {number(nil, 1, 1<<32+5), "5", ""}},
		"int64":  {"below 0": {number(nil, 1, minus), "-7", ""}, "absent": {nil, "0", ""}},
		"uint32": {"7": {number(nil, 1, 7), "7", ""}, "too large": {number(nil, 1, 1<<32+5), "5", ""}},
		"uint64": {"the largest": {number(nil, 1, 1<<64-1), "18446744073709551615", ""}},
		"sint32": {"below 0": {number(nil, 1, protowire.EncodeZigZag(-7)), "-7", ""}},
		"sint64": {
			"below 0":   {number(nil, 1, protowire.EncodeZigZag(-7)), "-7", ""},
			"the least": {number(nil, 1, 1<<64-1), "-9223372036854775808", ""},
		},
		"fixed32":  {"a number": {fixed32, "4294967289", ""}, "another wire format": {number(nil, 1, 7), "0", ""}},
		"fixed64":  {"a number": {fixed64, "18446744073709551609", ""}},
		"sfixed32": {"below 0": {fixed32, "-7", ""}},
		"sfixed64": {"below 0": {fixed64, "-7", ""}},
		"bool":     {"true": {number(nil, 1, 2), "true", ""}, "false": {number(nil, 1, 0), "false", ""}, "absent": {nil, "false", ""}},
		"enum":     {"unnamed": {number(nil, 1, 2), "2", ""}, "below 0": {number(nil, 1, minus), "-7", ""}, "absent": {nil, "0", ""}},
	}
	for kind, requests := range tests {
		method, _ := keyed(t, composite(), kind+" id = 1")
		for name, test := range requests {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				test.check(t, method)
			})
		}
	}
}

// TestKeyOfSeveralFields covers DISC-KEY-006 and DISC-KEY-007: the table of the
// chapter, and what else may meet.
func TestKeyOfSeveralFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fields []string
		want   keyTest
	}{
		"a text and a number":     {[]string{"string a = 1", "uint32 b = 2"}, keyTest{number(field(nil, 1, "eu"), 2, 7), "eu/7", ""}},
		"escaped":                 {[]string{"string a = 1", "string b = 2"}, keyTest{field(field(nil, 1, "a/b"), 2, "50%"), "a%2Fb/50%25", ""}},
		"defaults":                {[]string{"bool a = 1", "int32 b = 2", "string c = 3"}, keyTest{field(nil, 3, "x"), "false/0/x", ""}},
		"an empty text":           {[]string{"string a = 1", "string b = 2"}, keyTest{field(field(nil, 1, "a"), 2, ""), "", `set field "a" and field "b"`}},
		"an absent text":          {[]string{"string a = 1", "int32 b = 2"}, keyTest{number(nil, 2, 1), "", "names no entity"}},
		"the order of numbers":    {[]string{"string a = 2", "string b = 1"}, keyTest{field(field(nil, 2, "a"), 1, "b"), "b/a", ""}},
		"more fields than usual":  {[]string{"int32 a = 1", "int32 b = 2", "int32 c = 3", "int32 d = 4", "int32 e = 5"}, keyTest{number(nil, 5, 9), "0/0/0/0/9", ""}},
		"not UTF-8":               {[]string{"string a = 1", "string b = 2"}, keyTest{field(field(nil, 1, "a"), 2, "\xff"), "", `field "b" of test.Request is not valid UTF-8`}},
		"too long, once escaped":  {[]string{"string a = 1", "int32 b = 2"}, keyTest{field(nil, 1, strings.Repeat("/", MaxKey/3)), "", "has 16385 bytes"}},
		"as long as it may be":    {[]string{"string a = 1", "int32 b = 2"}, keyTest{field(nil, 1, strings.Repeat("a", MaxKey-2)), strings.Repeat("a", MaxKey-2) + "/0", ""}},
		"an escaped text like it": {[]string{"string a = 1", "string b = 2"}, keyTest{field(field(nil, 1, "a%2Fb"), 2, "c"), "a%252Fb/c", ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, _ := keyed(t, composite(), test.fields...)
			test.want.check(t, method)
		})
	}
}

// TestKeyOfCloudstate covers DIA-KEY-003, DIA-KEY-004 and DIA-KEY-005.
func TestKeyOfCloudstate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fields []string
		want   keyTest
	}{
		"one text":                    {[]string{"string a = 1"}, keyTest{field(nil, 1, "a-b:c/d%"), "a-b:c/d%", ""}},
		"one number":                  {[]string{"int32 a = 1"}, keyTest{nil, "0", ""}},
		"joined as they are":          {[]string{"string a = 1", "string b = 2"}, keyTest{field(field(nil, 1, "a-b"), 2, "c/%"), "a-b-c/%", ""}},
		"the order of the descriptor": {[]string{"string a = 2", "string b = 1"}, keyTest{field(field(nil, 2, "a"), 1, "b"), "a-b", ""}},
		"defaults":                    {[]string{"string a = 1", "int64 b = 2", "bool c = 3"}, keyTest{nil, "-0-false", ""}},
		"one empty text":              {[]string{"string a = 1"}, keyTest{nil, "", "names no entity"}},
		"texts that are empty":        {[]string{"string a = 1", "string b = 2"}, keyTest{nil, "-", ""}},
		"not UTF-8":                   {[]string{"string a = 1", "string b = 2"}, keyTest{field(nil, 2, "\xff"), "", "not valid UTF-8"}},
		"too long":                    {[]string{"string a = 1", "string b = 2"}, keyTest{field(nil, 2, strings.Repeat("a", MaxKey)), "", "has 16385 bytes"}},
		"a member of a oneof":         {[]string{"oneof string a = 1", "oneof string b = 2"}, keyTest{field(field(nil, 1, "a"), 2, "b"), "-b", ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, _ := keyed(t, cloudstate(), test.fields...)
			test.want.check(t, method)
		})
	}
}

// FuzzKey compares the scan with a full decoding: whatever decodes has the same key,
// or the same lack of one.
func FuzzKey(f *testing.F) {
	fields := []string{
		"string a = 9", "int32 b = 2", "sint32 c = 3", "bool d = 4", "enum e = 5", "fixed32 f = 6", "sfixed64 g = 7", "uint32 h = 8", "string i = 1",
	}
	exact, registry := keyed(f, composite(), fields...)
	joined, _ := keyed(f, cloudstate(), fields[:4]...)
	single, _ := keyed(f, cloudstate(), fields[0])
	found, err := registry.Files().FindDescriptorByName("test.Request")
	if err != nil {
		f.Fatal(err)
	}
	message := found.(protoreflect.MessageDescriptor)
	f.Add(field(field(nil, 9, "a/b"), 1, "b%"))
	f.Add(number(number(number(field(nil, 9, ""), 3, 1<<63), 4, 7), 8, 1<<40))
	f.Add(protowire.AppendFixed64(protowire.AppendTag(field(nil, 1, "a"), 7, protowire.Fixed64Type), 1<<63))
	f.Add([]byte("garbage"))
	f.Fuzz(func(t *testing.T, request []byte) {
		decoded := dynamicpb.NewMessage(message)
		decodes := proto.Unmarshal(request, decoded) == nil
		for _, method := range []*Method{exact, joined, single} {
			key, err := method.Key(request)
			if err == nil && (key == "" || len(key) > MaxKey) || err != nil && fault.KindOf(err) != fault.Invalid {
				t.Fatalf("key %q, error %v", key, err)
			}
			if !decodes {
				continue // the scan looks into no other field, and may take what the decoder refuses
			}
			if want, whole := slowly(method.key, decoded); (err == nil) != whole || whole && key != want {
				t.Errorf("scan %q, %v; decoded %q, %v", key, err, want, whole)
			}
		}
	})
}

// slowly makes the key of a decoded message, and says whether there is one.
func slowly(k *key, message *dynamicpb.Message) (text string, whole bool) {
	var texts []string
	whole = true
	for _, f := range k.fields {
		value := message.Get(message.Descriptor().Fields().ByNumber(f.number))
		text := fmt.Sprint(value.Interface())
		if k.exact && f.kind == protoreflect.StringKind {
			whole = whole && text != ""
			text = strings.NewReplacer("%", "%25", "/", "%2F").Replace(text)
		}
		texts = append(texts, text)
	}
	text = strings.Join(texts, string(k.separator))
	return text, whole && text != "" && len(text) <= MaxKey
}

// TestKeyAllocatesItselfAlone keeps the way of every request free of garbage.
func TestKeyAllocatesItselfAlone(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	request := number(field(field(nil, 2, "customer/4711"), 1, "europe"), 3, 1<<40)
	several, _ := keyed(t, composite(), "string a = 1", "string b = 2", "int64 c = 3")
	joined, _ := keyed(t, cloudstate(), "string a = 1", "string b = 2", "int64 c = 3")
	for name, method := range map[string]*Method{"one": addMethod(t), "several": several, "of Cloudstate": joined} {
		if n := testing.AllocsPerRun(100, func() { _, _ = method.Key(request) }); n != 1 {
			t.Errorf("the key %s takes %v allocations", name, n)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	several, _ := keyed(b, composite(), "string a = 1", "string b = 3", "int64 c = 4")
	request := field(field(nil, 2, strings.Repeat("x", 1024)), 1, "customer-4711")
	for name, method := range map[string]*Method{"one": addMethod(b), "several": several} {
		request := field(request, 3, "x")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := method.Key(request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
