package transcode_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// answer is what the caller of the line gets for the payload.
func answer(tb testing.TB, registry *descriptor.Registry, line string, payload []byte) (contentType, body string, err error) {
	tb.Helper()
	binding, _, _, err := call{line: line}.find(registry)
	if err != nil {
		tb.Fatal(err)
	}
	contentType, bytes, err := transcode.Response(binding, payload)
	return contentType, string(bytes), err
}

// TestResponse covers HTTP-JSON-002, HTTP-JSON-007 and HTTP-TYPE-003.
func TestResponse(t *testing.T) {
	t.Parallel()
	const defaults = `"string":"","bytes":"","bool":false,"int32":0,"sint32":0,"sfixed32":0,"uint32":0,"fixed32":0,"int64":"0","sint64":"0","sfixed64":"0","uint64":"0","fixed64":"0",` +
		`"float":0,"double":0,"color":"COLOR_UNSPECIFIED","strings":[],"int32s":[],"colors":[],"children":[],"times":[],"counts":{},"names":{},"flags":{},"null":null,` +
		`"sint64s":[],"doubles":[],"palette":{},"anys":[],"values":[],"other":""`
	tests := []struct {
		line  string
		of    protoreflect.Name
		value string
		want  string
	}{
		{"POST /carts/a/items", "AddItemResponse", ``, `{}`},
		{"GET /carts/a", "GetCartResponse", `items {product_id: "p1" name: "Tea" quantity: 2}`, `{"items":[{"productId":"p1","name":"Tea","quantity":2}]}`},
		{"GET /carts/a", "GetCartResponse", `items {} items {}`, `{"items":[{"productId":"","name":"","quantity":0},{"productId":"","name":"","quantity":0}]}`},
		{"GET /items/a", "GetCartResponse", `items {name: "x"}`, `[{"productId":"","name":"x","quantity":0}]`},
		{"GET /items/a", "GetCartResponse", ``, `[]`},
		{"POST /echo", "Everything", ``, `{` + defaults + `}`},
		{"POST /echo/nested", "Everything", `string: "x"`, `null`},
		{"POST /echo/nested", "Everything", `child {}`, `{` + defaults + `}`},
		{"POST /echo/strings", "Everything", `strings: ["a", "\"<é😀>&\\\n\t\r\b\f\001\177\342\200\250"]`, `["a","\"<é😀>&\\\n\t\r\b\f\u0001` + "\x7f\u2028" + `"]`},
		{"POST /echo/counts", "Everything", `counts {key: "b" value: -1} counts {key: "a\n" value: 2}`, `{"a\n":"2","b":"-1"}`},
		{"POST /echo/time", "Everything", ``, `null`},
		{"POST /echo/time", "Everything", `time {seconds: 1769860800 nanos: 1000000}`, `"2026-01-31T12:00:00.001Z"`},
		{"POST /echo/int64", "Everything", ``, `"0"`},
		{"POST /echo/optional", "Everything", ``, `""`},
		{"POST /value", "", `null`, `null`},
		{"POST /legacy", "LegacyMessage", ``, `{}`},
		{
			"POST /legacy", "LegacyMessage", `name: "a" size: 0 Part {text: "b"} raw: "" [test.shop.v1.more] {} [test.shop.v1.weight]: 5`,
			`{"name":"a","size":0,"part":{"text":"b"},"raw":"","[test.shop.v1.weight]":"5","[test.shop.v1.more]":[{}]}`,
		},
	}
	registry := shop(t)
	for _, test := range tests {
		t.Run(test.line+" "+test.value, func(t *testing.T) {
			t.Parallel()
			payload := []byte{8, 0} // a Value that is null
			if test.of != "" {
				payload = message(t, registry, test.of, test.value)
			}
			contentType, body, err := answer(t, registry, test.line, payload)
			if err != nil || contentType != "application/json" || body != test.want {
				t.Errorf("got %s, %v:\n%s, want\n%s", contentType, err, body, test.want)
			}
		})
	}
	fields := map[string]string{ // the text of a field → what is printed of it, less the defaults
		`one_null: 0`: `"oneNull":null`, `one_int32: 0`: `"oneInt32":0`, `optional_string: ""`: `"optionalString":""`, `optional_int64: 0`: `"optionalInt64":"0"`,
		`color: COLOR_BLUE`: `"color":"COLOR_BLUE"`, `color: 77`: `"color":77`, `int64: -9223372036854775808`: `"int64":"-9223372036854775808"`, `uint64: 18446744073709551615`: `"uint64":"18446744073709551615"`,
		`bytes: "\373\377"`: `"bytes":"+/8="`, `float: 0.1`: `"float":0.1`, `double: 1e21`: `"double":1e+21`, `double: 1e-7`: `"double":1e-7`, `double: 123456789.5`: `"double":123456789.5`, `double: -0`: `"double":-0`,
		`double: nan`: `"double":"NaN"`, `float: -inf`: `"float":"-Infinity"`, `float: 1e-6`: `"float":0.000001`, `float: 3.4e38`: `"float":3.4e+38`,
		`flags {key: true value {}} flags {key: false value {int32: 1}}`: `"flags":{"false":{` + strings.Replace(defaults, `"int32":0`, `"int32":1`, 1) + `},"true":{` + defaults + `}}`,
		`names {key: 10 value: "a"} names {key: -2 value: "b"}`:          `"names":{"-2":"b","10":"a"}`, `palette {key: 10 value: COLOR_RED} palette {key: 9 value: COLOR_RED}`: `"palette":{"9":"COLOR_RED","10":"COLOR_RED"}`,
		`span {seconds: -1 nanos: -500000000}`: `"span":"-1.500s"`, `mask {paths: "foo_bar" paths: "a.b"}`: `"mask":"fooBar,a.b"`, `mask {}`: `"mask":""`, `time {}`: `"time":"1970-01-01T00:00:00Z"`,
		`string_value {}`: `"stringValue":""`, `int64_value {value: 5}`: `"int64Value":"5"`, `bool_value {value: true}`: `"boolValue":true`, `bytes_value {value: "a"}`: `"bytesValue":"YQ=="`, `float_value {value: 1.5}`: `"floatValue":1.5`,
		`object {fields {key: "b" value {bool_value: false}} fields {key: "a" value {number_value: 1}}}`: `"object":{"a":1,"b":false}`, `object {}`: `"object":{}`, `list {}`: `"list":[]`, `list {values {string_value: "x"} values {null_value: 0}}`: `"list":["x",null]`,
		`value {null_value: 0}`: `"value":null`, `empty {}`: `"empty":{}`, `any {}`: `"any":{}`,
		`any {[x/test.shop.v1.LineItem] {name: "a"}}`: `"any":{"@type":"x/test.shop.v1.LineItem","productId":"","name":"a","quantity":0}`, `any {[x/test.shop.v1.AddItemResponse] {}}`: `"any":{"@type":"x/test.shop.v1.AddItemResponse"}`,
		`any {[x/google.protobuf.Duration] {seconds: 1}}`: `"any":{"@type":"x/google.protobuf.Duration","value":"1s"}`, `any {[x/google.protobuf.Empty] {}}`: `"any":{"@type":"x/google.protobuf.Empty"}`,
		`any {[x/google.protobuf.Any] {[x/google.protobuf.Empty] {}}}`: `"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Empty"}}`,
	}
	for value, want := range fields {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			_, body, err := answer(t, registry, "POST /echo", message(t, registry, "Everything", value))
			if err != nil || !strings.Contains(body, want) || !strings.HasPrefix(body, `{"`) {
				t.Errorf("got %s, %v; want %s", body, err, want)
			}
		})
	}
	_, body, err := answer(t, registry, "POST /echo", message(t, registry, "Everything", `one_int32: 5 renamed: "r" string: "s"`))
	if err != nil || !strings.HasPrefix(body, `{"string":"s","bytes":"","oneInt32":5,"bool":false`) || !strings.HasSuffix(body, `"other":"r"}`) {
		t.Errorf("the fields are not in the order of their numbers: %s, %v", body, err)
	}
}

// TestUnprintable covers HTTP-JSON-006 and HTTP-BODY-003.
func TestUnprintable(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	everything := func(text string) []byte { return message(t, registry, "Everything", text) }
	tests := map[string]struct {
		line    string
		payload []byte
		part    string
	}{
		"a number of no field":    {"POST /echo", []byte("\xa0\xa0\xa0\xa0\x30\x30"), "no field has the number"},
		"no message":              {"POST /echo", []byte{0xff}, "is no test.shop.v1.Everything"},
		"a string that is not":    {"POST /echo", []byte{0x0a, 1, 0xff}, "is no test.shop.v1.Everything"},
		"an old string":           {"POST /legacy", []byte{0x0a, 1, 0xff}, "is no test.shop.v1.LegacyMessage: test.shop.v1.LegacyMessage.name: the string is not UTF-8"},
		"a value without a value": {"POST /echo", everything(`value {}`), "value: a google.protobuf.Value has no value"},
		"a value in a list":       {"POST /echo", everything(`list {values {}}`), "has no value"},
		"a value that is NaN":     {"POST /echo", everything(`value {number_value: nan}`), "the number NaN"},
		"a time":                  {"POST /echo", everything(`time {nanos: -1}`), "time: "},
		"a time after all":        {"POST /echo", everything(`times {seconds: 253402300800}`), "times: "},
		"a span":                  {"POST /echo", everything(`span {seconds: 1 nanos: -1}`), "span: "},
		"a mask":                  {"POST /echo", everything(`mask {paths: "fooBar"}`), "mask: "},
		"an unknown type":         {"POST /echo", everything(`any {type_url: "/nothing"}`), `any: the function's files have no type "/nothing"`},
		"no type":                 {"POST /echo", everything(`any {value: "a"}`), `any: the function's files have no type ""`},
		"an any of another type":  {"POST /echo", everything(`anys {type_url: "/test.shop.v1.LineItem" value: "\377"}`), `anys: an Any holds a "/test.shop.v1.LineItem", and its bytes are none`},
		"a type of this process":  {"POST /echo", everything(`any {type_url: "/google.rpc.RetryInfo"}`), "have no type"},
		"a header of two lines":   {"POST /page", []byte("\x0a\x03a\nb"), "is no value of a header"},
		"a header with a space":   {"POST /page", []byte("\x0a\x02a "), "is no value of a header"},
		"a header with a 0":       {"POST /page", []byte("\x0a\x01\x00"), "is no value of a header"},
		"a field's header":        {"GET /files/a", []byte("\x0a\x03\x0a\x01\x7f"), "is no value of a header"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body, err := answer(t, registry, test.line, test.payload)
			unprintable, ok := errors.AsType[*transcode.Unprintable](err)
			requirement := "HTTP-JSON-006"
			if strings.Contains(test.part, "header") {
				requirement = "HTTP-BODY-003"
			}
			if !ok || unprintable.Requirement != requirement || !strings.Contains(err.Error(), test.part) || status.Code(err) != codes.Internal {
				t.Errorf("got %q, %v", body, err)
			}
		})
	}
}

// panics are bytes over which the library panics: the entry of a map has its key a
// second time, as a number, which is an unknown field.
const panics = "\x92\x02\x0b\x0a\x09\x0a\x01a\x08\x01\x12\x02\x08\x00"

// TestBytesOfOthers holds what is read of bytes that this library does not write: several
// values of one field, cases of one oneof, packed values and others mixed, unknown fields.
func TestBytesOfOthers(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := map[string]string{
		panics:               `"object":{"a":null}`,
		"\x0a\x01a\x0a\x01b": `"string":"b"`,
		"\x28\x01\x28\x00":   `"int32":0`,
		"\x92\x01\x03\x0a\x01a\x92\x01\x02\x28\x05":          `"child":{"string":"a","bytes":"","bool":false,"int32":5,`,
		"\x18\x01\xc2\x02\x01a":                              `"oneString":"a"`,
		"\xc2\x02\x01a\x18\x01":                              `"oneInt32":1,`,
		"\xca\x02\x03\x0a\x01a\x18\x01\xca\x02\x02\x28\x05":  `"oneChild":{"string":"","bytes":"","bool":false,"int32":5,`,
		"\xca\x02\x03\x0a\x01a\xca\x02\x02\x28\x05":          `"oneChild":{"string":"a","bytes":"","bool":false,"int32":5,`,
		"\xb2\x01\x02\x01\x02\xb0\x01\x03\xb2\x01\x00":       `"int32s":[1,2,3]`,
		"\xd8\x02\x02\xda\x02\x02\x04\x06":                   `"sint64s":["1","2","3"]`,
		"\xd2\x01\x03\x0a\x01a\xd2\x01\x05\x0a\x01b\x10\x02": `"counts":{"a":"0","b":"2"}`,
		"\xd2\x01\x05\x0a\x01a\x10\x01\xd2\x01\x03\x0a\x01a": `"counts":{"a":"0"}`,
		"\xe2\x01\x00": `"flags":{"false":{"string":"",`,
		"\xe2\x01\x08\x12\x02\x28\x01\x12\x02\x20\x01":     `"flags":{"false":{"string":"","bytes":"","bool":true,"int32":1,`,
		"\x0d\x01\x00\x00\x00\xfa\x7f\x01a":                `"string":""`,
		"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01":     `"int32":-1`,
		"\x28\x80\x80\x80\x80\x10":                         `"int32":0`,
		"\x20\x80\x01":                                     `"bool":true`,
		"\x88\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01": `"color":"COLOR_BLUE"`,
		"\xea\x01\x02\x08\x01\xea\x01\x02\x10\x05":         `"time":"1970-01-01T00:00:01.000000005Z"`,
	}
	for payload, want := range tests {
		if _, body, err := answer(t, registry, "POST /echo", []byte(payload)); err != nil || !strings.Contains(body, want) {
			t.Errorf("%x is %s, %v, want %s", payload, body, err, want)
		}
	}
	deep := []byte{}
	for range 10_001 {
		deep = protowire.AppendBytes(protowire.AppendTag(nil, 18, protowire.BytesType), deep)
	}
	if _, _, err := answer(t, registry, "POST /echo", deep); err == nil || !strings.Contains(err.Error(), "more than 10000 messages") {
		t.Errorf("10001 messages in each other: %.100v", err)
	}
}

// TestHeldAnys holds that Anys in each other cost no more than the limit allows.
func TestHeldAnys(t *testing.T) {
	t.Parallel()
	const url = "/google.protobuf.Any"
	registry := shop(t)
	held := []byte{}
	for i := range 101 {
		one := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), url)
		held = protowire.AppendBytes(protowire.AppendTag(one, 2, protowire.BytesType), held)
		payload := protowire.AppendBytes(protowire.AppendTag(nil, 37, protowire.BytesType), held)
		if _, _, err := answer(t, registry, "POST /echo", payload); (err != nil) != (i == 100) {
			t.Fatalf("%d Anys in each other: %v", i+1, err)
		}
	}
}

// TestRaw covers HTTP-BODY-002 and HTTP-STREAM-010.
func TestRaw(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := []struct {
		line, payload, contentType, body string
	}{
		{"POST /page", "\x0a\x09text/html\x12\x03<p>", "text/html", "<p>"},
		{"POST /page", "\x12\x03\x00\xff{", "application/octet-stream", "\x00\xff{"},
		{"POST /page", "", "application/octet-stream", ""},
		{"GET /files/a", "\x0a\x0e\x0a\x09image/png\x12\x01x", "image/png", "x"},
		{"GET /files/a", "", "application/octet-stream", ""},
		{"GET /pages", "\x0a\x03a/b", "a/b", ""},
	}
	for _, test := range tests {
		contentType, body, err := answer(t, registry, test.line, []byte(test.payload))
		if err != nil || contentType != test.contentType || body != test.body {
			t.Errorf("%s %q: %q, %q, %v", test.line, test.payload, contentType, body, err)
		}
	}
	for line, want := range map[string]bool{"POST /page": true, "GET /files/a": true, "PUT /files/a": false, "GET /pages": true, "GET /carts/a:watch": false} {
		binding, _, _, err := call{line: line}.find(registry)
		if err != nil || transcode.IsRaw(binding) != want {
			t.Errorf("%s: %v", line, err)
		}
	}
	// As a field beside others it is a message like any.
	if contentType, body, err := answer(t, registry, "PUT /files/a", []byte("\x0a\x04\x12\x02hi")); err != nil || contentType != "application/json" || body != `{"content":{"contentType":"","data":"aGk=","extensions":[]}}` {
		t.Errorf("got %s, %s, %v", contentType, body, err)
	}
}
