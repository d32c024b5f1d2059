package transcode_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestJSON covers HTTP-JSON-001 and HTTP-JSON-003: what a body may be.
func TestJSON(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := map[string]string{
		"\t\r\n{\n}\n": ``,
		`{"int64":"5","uint64":18446744073709551615,"int64Value":"-5","sint64":1.0e1,"fixed64":"1e1"}`:                                                        `int64: 5 uint64: 18446744073709551615 int64_value {value: -5} sint64: 10 fixed64: 10`,
		`{"int32":"5","uint32":4294967295,"sint32":-0,"sfixed32":-0.0,"fixed32":1E0}`:                                                                         `int32: 5 uint32: 4294967295 fixed32: 1`,
		`{"optional_string":"","optionalInt64":0}`:                                                                                                            `optional_string: "" optional_int64: 0`,
		`{"string":null,"optionalString":null,"strings":null,"counts":null,"child":null,"time":null,"stringValue":null,"any":null,"object":null,"list":null}`: ``,
		`{"value":null,"null":null,"oneNull":null,"values":[null]}`:                                                                                           `value {null_value: 0} one_null: 0 values {null_value: 0}`,
		`{"string":"\u00e9\"\\\/\b\f\n\r\t\ud83d\ude00"}`:                                                                                                     `string: "é\"\\/\b\f\n\r\t😀"`,
		`{"string":"é😀\u007f\u0000"}`:                                                                                                                         `string: "é😀\x7f\x00"`,
		`{"string":"a"}`:                                                                                                                                      `string: "a"`,
		`{"bytes":"-_8=","bytesValue":"+/8"}`:                                                                                                                 `bytes: "\xfb\xff" bytes_value {value: "\xfb\xff"}`,
		`{"float":1.5,"double":"1e3","floatValue":"-Infinity","doubles":["NaN","Infinity",0.1]}`:                                                              `float: 1.5 double: 1000 float_value {value: -inf} doubles: [nan, inf, 0.1]`,
		`{"color":"COLOR_RED","colors":["COLOR_BLUE",1,77,0],"palette":{"5":"COLOR_RED"}}`:                                                                    `color: COLOR_RED colors: [COLOR_BLUE, COLOR_RED, 77, COLOR_UNSPECIFIED] palette {key: 5 value: COLOR_RED}`,
		`{"names":{"-1":"a","2":"b"},"flags":{"true":{"int32":1},"false":{}},"counts":{"":"7","é\n":-7}}`:                                                     `names {key: -1 value: "a"} names {key: 2 value: "b"} flags {key: true value {int32: 1}} flags {key: false value {}} counts {key: "" value: 7} counts {key: "é\n" value: -7}`,
		`{"children":[{},{"string":"a","children":[{"int32":1}]}]}`:                                                                                           `children {} children {string: "a" children {int32: 1}}`,
		`{"time":"2026-01-31T12:00:00.000000001+02:00","span":"-0.5s","mask":"fooBar,a.bC"}`:                                                                  `time {seconds: 1769853600 nanos: 1} span {nanos: -500000000} mask {paths: "foo_bar" paths: "a.b_c"}`,
		`{"object":{"a":{"b":[1,null]}},"list":["x",true],"value":"5"}`:                                                                                       `object {fields {key: "a" value {struct_value {fields {key: "b" value {list_value {values {number_value: 1} values {null_value: 0}}}}}}}} list {values {string_value: "x"} values {bool_value: true}} value {string_value: "5"}`,
		`{"empty":{},"any":{}}`:        `empty {} any {}`,
		`{"oneString":"","other":"x"}`: `one_string: "" renamed: "x"`,
		`{"any":{"@type":"type.googleapis.com/test.shop.v1.LineItem","name":"a","quantity":0}}`:                                `any {[type.googleapis.com/test.shop.v1.LineItem] {name: "a"}}`,
		`{"any":{"quantity":2,"product_id":"p","@type":"x/test.shop.v1.LineItem"}}`:                                            `any {type_url: "x/test.shop.v1.LineItem" value: "\n\x01p\x18\x02"}`,
		`{"any":{"value":"1.5s","@type":"type.googleapis.com/google.protobuf.Duration"}}`:                                      `any {[type.googleapis.com/google.protobuf.Duration] {seconds: 1 nanos: 500000000}}`,
		`{"any":{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"/google.protobuf.Value","value":null}}}`:  `any {[type.googleapis.com/google.protobuf.Any] {type_url: "/google.protobuf.Value" value: "\x08\x00"}}`,
		`{"any":{"@type":"type.googleapis.com/google.protobuf.Empty"},"anys":[{"@type":"/google.protobuf.Empty","value":{}}]}`: `any {type_url: "type.googleapis.com/google.protobuf.Empty"} anys {type_url: "/google.protobuf.Empty"}`,
		`{"any":{"@type":"/test.shop.v1.Everything","oneInt32":3,"string":"a"}}`:                                               `any {type_url: "/test.shop.v1.Everything" value: "\n\x01a\x18\x03"}`,
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			call{line: "POST /echo", body: body}.expect(t, registry, want)
		})
	}
	call{line: "POST /echo", body: ` { "string" : "a" , "int32" : 1 } `}.expect(t, registry, `string: "a" int32: 1`)
	for body, want := range map[string]string{
		`{"name":"a","size":7,"part":{"text":"b"},"[test.shop.v1.weight]":"5","[test.shop.v1.more]":[{},{"name":"c"}]}`: `name: "a" size: 7 Part {text: "b"} [test.shop.v1.weight]: 5 [test.shop.v1.more] {} [test.shop.v1.more] {name: "c"}`,
		`{"size":0}`: `size: 0`, // what is required is for the function to miss
	} {
		call{line: "POST /legacy", body: body}.expect(t, registry, want)
	}
}

// TestNotJSON covers HTTP-JSON-004, HTTP-JSON-005 and HTTP-LIMIT-004.
func TestNotJSON(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := map[string]string{
		` `: "the text ends", `{`: "the text ends", `{"a"`: "", `{"string"`: "a : is wanted", `{"string":`: "the text ends",
		`{"string":"a"`: "a comma or } is wanted", `{"string":"a",}`: "a string is wanted", `{,}`: "a string is wanted", `{"string":"a"}}`: "nothing behind the value is wanted",
		`{"string":"a"} x`: "nothing behind", `{} {}`: "nothing behind", "{}\x00": "nothing behind", `{'string':1}`: "a string is wanted", `{string:1}`: "a string is wanted",
		"\ufeff{}": "", `{"string":"a" "int32":1}`: "a comma", `// x`: "", `{"strings":["a",]}`: "", `{"strings":["a"}`: "a comma or ] is wanted",
		`{"string":"` + "\n" + `"}`: "line 1, column 12", "{\n\n \"string\":\x01}": "line 3, column 11", `{"string":"a`: "the end of the string",
		`{"string":"\x"}`: "an escape", `{"string":"\u12"}`: "an escape", `{"string":"\u+123"}`: "an escape", `{"string":"\ud800"}`: "an escape", `{"string":"\ud800\u0041"}`: "an escape",
		`{"string":"\udc00\ud800"}`: "an escape", `{"string":"\`: "an escape", "{\"string\":\"\xff\"}": "not UTF-8", "{\"\xff\":1}": "not UTF-8",
		`{"int32":01}`: "a comma", `{"int32":+1}`: "a value", `{"int32":.5}`: "a value", `{"int32":1.}`: "a value", `{"int32":1e}`: "a value", `{"int32":-}`: "a value", `{"double":NaN}`: "a value",
		`{"bool":tru}`: "a value", `{"bool":truex}`: "a comma", `{"value":nul}`: "a value", `{"int32":0x1}`: "a comma",

		`{"nothing":1}`: `no field "nothing"`, `{"child":{"children":[{},{"no\n":1}]}}`: `"child.children[1]": the message test.shop.v1.Everything has no field "no\n"`,
		`{"renamed2":1}`: "renamed2", `{"Other":1}`: "Other", `{"[test.shop.v1.weight]":1}`: "weight", `{"":1}`: `no field ""`, `{"@type":"x"}`: `"@type"`, `{"empty":{"a":1}}`: `"empty"`,
		`{"string":"a","string":"b"}`: `"string": it is given twice`, `{"oneString":"a","one_string":"a"}`: `"one_string": it is given twice`, `{"string":null,"string":"b"}`: "twice",
		`{"counts":{"a":1,"a":1}}`: `"counts[\"a\"]": it is given twice`, `{"names":{"1":"a","1":"b"}}`: "twice", `{"object":{"a":1,"a":1}}`: "twice",
		`{"oneString":"a","oneInt32":1}`: `"one_int32": the oneof "one" has a value already, of "one_string"`,

		`[]`: "no test.shop.v1.Everything", `null`: "null", `"a"`: "", `1`: "", `true`: "",
		`{"string":1}`: `"string": "1" is no string`, `{"string":true}`: "", `{"string":["a"]}`: "", `{"string":{}}`: "",
		`{"bytes":1}`: "", `{"bytes":"*"}`: `"bytes"`, `{"bytes":"a"}`: "", `{"bool":"true"}`: `"bool": "\"true\"" is no bool`, `{"bool":1}`: "", `{"bool":0}`: "",
		`{"int32":"x"}`: `"int32": "x" is no int32`, `{"int32":1.5}`: `"1.5" is no int32`, `{"int32":2147483648}`: "", `{"int32":""}`: "", `{"int32":" 1"}`: "", `{"int32":"1 "}`: "", `{"int32":true}`: "",
		`{"int32":[1]}`: "", `{"int32":{}}`: "", `{"int64":9223372036854775808}`: "", `{"int64":1e30}`: "", `{"uint32":-1}`: "", `{"uint64":"-1"}`: "", `{"int32":"0x1"}`: "", `{"int32":"1e999999999999"}`: "",
		`{"float":1e39}`: "", `{"double":1e309}`: "", `{"double":"inf"}`: "", `{"double":""}`: "", `{"double":"nan"}`: "",
		`{"color":"RED"}`: `"RED" is no test.shop.v1.Color`, `{"color":1.5}`: "", `{"color":"1"}`: `no name of the enum`, `{"color":true}`: "", `{"color":2147483648}`: "", `{"color":""}`: "", `{"null":"x"}`: "",
		`{"strings":"a"}`: `"strings": "\"a\"" is no array`, `{"strings":{"0":"a"}}`: "", `{"strings":[null]}`: `"strings[0]": "null" is no string`, `{"strings":["a",1]}`: `"strings[1]"`, `{"children":[null]}`: `"children[0]"`,
		`{"counts":[]}`: "no object", `{"counts":{"a":null}}`: `"counts[\"a\"]"`, `{"names":{"x":"a"}}`: "the key is no int32", `{"flags":{"1":{}}}`: "the key is no bool", `{"palette":{"-1":0}}`: "the key is no uint64", `{"flags":{"true":null}}`: "",
		`{"child":[]}`: `"child"`, `{"child":"a"}`: "", `{"time":5}`: `"time": "5" is no google.protobuf.Timestamp`, `{"time":"2026-01-31"}`: "", `{"time":"2026-02-31T00:00:00Z"}`: "", `{"time":{"seconds":1}}`: "", `{"time":""}`: "",
		`{"span":"1"}`: "", `{"span":"1.0000000001s"}`: "", `{"span":"1e1s"}`: "", `{"mask":"a_b"}`: "", `{"mask":["a"]}`: "", `{"stringValue":{"value":"a"}}`: `"string_value"`, `{"int64Value":"x"}`: `"int64_value"`,
		`{"object":[]}`: "", `{"object":1}`: "", `{"list":{}}`: "", `{"value":1e999}`: `"value": "1e999"`, `{"value":{"a":[1e999]}}`: "out of range",

		`{"any":"a"}`: `"any"`, `{"any":{"a":1}}`: `no "@type"`, `{"any":{"@type":""}}`: `no "@type"`, `{"any":{"@type":1}}`: `no "@type"`, `{"any":{"@type":"/nothing"}}`: `no type "/nothing"`,
		`{"any":{"@type":"/test.shop.v1.LineItem","@type":"/test.shop.v1.LineItem"}}`: "twice", `{"any":{"@type":"/test.shop.v1.LineItem","nothing":1}}`: `"nothing"`,
		`{"any":{"@type":"/google.protobuf.Duration"}}`: `no "value"`, `{"any":{"@type":"/google.protobuf.Duration","value":"1s","value":"1s"}}`: "twice", `{"any":{"@type":"/google.protobuf.Duration","value":"1s","a":1}}`: `"a"`,
		`{"any":{"@type":"/google.protobuf.Duration","value":1}}`: `"any.value"`, `{"any":{"@type":"/test.shop.v1.LineItem","quantity":"x"}}`: `"any.quantity"`, `{"any":{"@type":"/test.shop.v1.ShopService"}}`: "no type",
		`{"any":{"@type":"/test.shop.v1.LineItem","quantity":1,"quantity":1}}`: "twice", `{"any":{"@type":"/test.shop.v1.LineItem"`: "the text ends", `{"any":{"@type":"/test.shop.v1.LineItem",}}`: "a string is wanted",
		`{"any":{"@type":"/google.protobuf.Empty","value":{"a":1}}}`: "", `{"any":{"@type":"/google.protobuf.Empty","a":1}}`: "",

		strings.Repeat(`{"child":`, 100) + `{}` + strings.Repeat(`}`, 100):                                                  "deeper than 100",
		`{"value":` + strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100) + `}`:                                             "deeper than 100",
		`{"object":` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100) + `}`:                                  "deeper than 100",
		`{"nothing":` + strings.Repeat(`[`, 4000):                                                                           "no field",
		`{"string":` + strings.Repeat(`[`, 4000):                                                                            "deeper than 100",
		`{"any":` + strings.Repeat(`{"@type":"/google.protobuf.Any","value":`, 100) + `{}` + strings.Repeat(`}`, 101):       "deeper than 100",
		`{"any":` + strings.Repeat(`{"value":`, 100) + `{}` + strings.Repeat(`,"@type":"/google.protobuf.Any"}`, 100) + `}`: "deeper than 100",
	}
	for body, part := range tests {
		t.Run(fmt.Sprintf("%.60s", body), func(t *testing.T) {
			t.Parallel()
			call{line: "POST /echo", body: body}.refused(t, registry, http.StatusBadRequest, part)
		})
	}
	for _, body := range []string{
		strings.Repeat(`{"child":`, 99) + `{}` + strings.Repeat(`}`, 99),
		`{"value":` + strings.Repeat(`[`, 99) + strings.Repeat(`]`, 99) + `}`,
		`{"any":` + strings.Repeat(`{"@type":"/google.protobuf.Any","value":`, 98) + `{}` + strings.Repeat(`}`, 99),
	} {
		if _, _, err := (call{line: "POST /echo", body: body}).payload(registry); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	}
	call{line: "POST /echo/strings", body: `["a",1]`}.refused(t, registry, http.StatusBadRequest, `"strings[1]"`)
	call{line: "POST /echo/nested", body: `{"x":1}`}.refused(t, registry, http.StatusBadRequest, `"child": the message`)
	call{line: "POST /legacy", body: `{"[test.shop.v1.nothing]":1}`}.refused(t, registry, http.StatusBadRequest, `nothing`)
	call{line: "POST /legacy", body: `{"[test.shop.v1.weight":1}`}.refused(t, registry, http.StatusBadRequest, `weight`)
}
