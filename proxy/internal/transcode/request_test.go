package transcode_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestBytes covers HTTP-REQ-001 by the bytes that the chapter gives, and by a message
// whose oneof is declared before the rest.
func TestBytes(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := map[string]struct {
		call call
		want string
	}{
		"the chapter's item": {
			call{"POST /carts/c1/items", "application/json", `{"productId":"p1","name":"Tea","quantity":2}`},
			"0a026331120270311a0354656120 02",
		},
		"the chapter's cart": {call{line: "GET /carts/c1"}, "0a026331"},
		"a oneof in its place": {
			call{"POST /echo", "", `{"oneInt32":0,"string":"a","int32s":[1,-1],"sint64s":[1,2],"counts":{"b":"2","a":0},"bool":true,"int64":null}`},
			"0a0161 1800 2001 b2010b01ffffffffffffffffff01 d201050a01621002 d201050a01611000 d80202 d80204",
		},
		"defaults of fields without presence are not there": {
			call{"POST /echo", "", `{"string":"","int32":0,"bool":false,"double":0,"bytes":"","strings":[],"int32s":[],"counts":{},"optionalString":"","optionalInt64":"0"}`},
			"9a0100 a00100",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got, err := test.call.payload(registry)
			want, bad := hex.DecodeString(strings.ReplaceAll(test.want, " ", ""))
			if err != nil || bad != nil || !bytes.Equal(got, want) {
				t.Errorf("got %x, %v; want %x, %v", got, err, want, bad)
			}
		})
	}
}

// TestRequest covers what sets which field: HTTP-REQ-001, HTTP-REQ-002, HTTP-REQ-004,
// HTTP-RULE-001, HTTP-RULE-002, HTTP-PATH-005, HTTP-PATH-007, HTTP-QUERY-001, HTTP-QUERY-002 and
// HTTP-QUERY-005.
func TestRequest(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	tests := []struct {
		line, body, want string
	}{
		{"GET /carts/a%2Fb", "", `user_id: "a/b"`},
		{"GET /carts/a+b", "", `user_id: "a+b"`},
		{"GET /items/x", "", `user_id: "x"`},
		{"POST /test.shop.v1.ShopService/GetCart", `{"user_id":"x"}`, `user_id: "x"`},
		{"DELETE /carts/c1/items/p:1", "", `user_id: "c1" product_id: "p:1"`},
		{"POST /carts/c1/items", "", `user_id: "c1"`},
		{"POST /carts/c1/items", `{"userId":"c1","name":"x"}`, `user_id: "c1" name: "x"`},
		{"POST /carts/c1/items", `{"userId":"","name":"x"}`, `user_id: "c1" name: "x"`},
		{"POST /carts/c1/items", `{"userId":null}`, `user_id: "c1"`},
		{"PUT /echo/child/x", `{"child":{"optionalString":"","int32":1}}`, `child {optional_string: "x" int32: 1}`},
		{"PUT /echo/one/x", `{"oneString":"x"}`, `one_string: "x"`},

		{"GET /echo?string=a+b%2Bc&int32=-7&bool=true&double=-1.5e3&float=NaN", "", `string: "a b+c" int32: -7 bool: true double: -1500 float: nan`},
		{"GET /echo?strings=b&strings=&strings=a", "", `strings: ["b", "", "a"]`},
		{"GET /echo?int32s=1&int32s=1e2&colors=COLOR_RED&colors=-2", "", `int32s: [1, 100] colors: [COLOR_RED, COLOR_BLUE]`},
		{"GET /echo?uint64=18446744073709551615&int64=-9223372036854775808", "", `uint64: 18446744073709551615 int64: -9223372036854775808`},
		{"GET /echo?bytes=-_8&bytesValue=%2B/8=", "", `bytes: "\xfb\xff" bytes_value {value: "\xfb\xff"}`},
		{"GET /echo?time=2026-01-31T12:00:00Z&times=1970-01-01T01:00:00.5%2B01:00&span=1.5s", "", `time {seconds: 1769860800} times {nanos: 500000000} span {seconds: 1 nanos: 500000000}`},
		{"GET /echo?mask=fooBar,a.b&string_value=x&int64Value=5&boolValue=false&floatValue=-0", "", `mask {paths: "foo_bar" paths: "a.b"} string_value {value: "x"} int64_value {value: 5} bool_value {} float_value {value: -0}`},
		{"GET /echo?child.child.string=x&child.int32=1&child.child.bool=true", "", `child {int32: 1 child {string: "x" bool: true}}`},
		{"GET /echo?other=a&time.seconds=5&value.numberValue=1", "", `renamed: "a" time {seconds: 5} value {number_value: 1}`},
		{"GET /echo?renamed=a", "", `renamed: "a"`},
		{"GET /echo?optionalString&string_value&bytes&bytes_value=&mask=", "", `optional_string: "" string_value {} bytes_value {} mask {}`},
		{"GET /echo?&&string=a&&", "", `string: "a"`},
		{"GET /echo?string=a;int32=5", "", `string: "a;int32=5"`},
		{"GET /echo?string=a=b", "", `string: "a=b"`},
		{"GET /echo?%73tring=%61", "", `string: "a"`},
		{"GET /echo?one_int32=0", "", `one_int32: 0`},
		{"GET /echo?null=NULL_VALUE&oneNull=0", "", `one_null: NULL_VALUE`},
		{"GET /echo?string=%00", "", `string: "\000"`},
		{"GET /echo?", "", ``},

		{"GET /echo/int32/-0", "", ``},
		{"GET /echo/int32/15e-1?int64=1", "", `!`},
		{"GET /echo/int32/150e-1", "", `int32: 15`},
		{"GET /echo/bool/true", "", `bool: true`},
		{"GET /echo/color/COLOR_BLUE", "", `color: COLOR_BLUE`},
		{"GET /echo/color/77", "", `color: 77`},
		{"GET /echo/bytes/AQID", "", `bytes: "\x01\x02\x03"`},
		{"GET /echo/double/-Infinity", "", `double: -inf`},
		{"GET /echo/time/2026-01-31T12:00:00Z", "", `time {seconds: 1769860800}`},
		{"GET /echo/mask", "", `mask {}`},
		{"GET /echo/mask/a.b,cD", "", `mask {paths: "a.b" paths: "c_d"}`},
		{"GET /echo/wrapper/a%20b/c%2Fd", "", `string_value {value: "a b/c%2Fd"}`},
		{"GET /echo/wrapper", "", `string_value {}`},
		{"GET /echo/child/x?child.int32=1&string=y", "", `string: "y" child {string: "x" int32: 1}`},

		{"POST /echo/nested?string=x&int32=1", `{"string":"y"}`, `string: "x" int32: 1 child {string: "y"}`},
		{"POST /echo/nested?string=x", ``, `string: "x"`},
		{"POST /echo/nested", `null`, ``},
		{"POST /echo/strings", `["a","b"]`, `strings: "a" strings: "b"`},
		{"POST /echo/counts", `{"a":1}`, `counts {key: "a" value: 1}`},
		{"POST /echo/time", ` "2026-01-31T12:00:00Z" `, `time {seconds: 1769860800}`},
		{"POST /echo/int64", `"5"`, `int64: 5`},
		{"POST /echo/optional", `""`, `optional_string: ""`},
		{"POST /value", `null`, `null_value: NULL_VALUE`},
		{"POST /value", `{"a":[1,"b",true,null,{}]}`, `struct_value {fields {key: "a" value {list_value {
			values {number_value: 1} values {string_value: "b"} values {bool_value: true} values {null_value: NULL_VALUE} values {struct_value {}}}}}}`},
	}
	for _, test := range tests {
		t.Run(test.line+" "+test.body, func(t *testing.T) {
			t.Parallel()
			asked := call{line: test.line, body: test.body}
			if test.want == "!" {
				asked.refused(t, registry, http.StatusBadRequest, "int32")
				return
			}
			asked.expect(t, registry, test.want)
		})
	}
}

// TestRefused covers HTTP-PATH-009, HTTP-PATH-010, HTTP-RULE-012, HTTP-REQ-003,
// HTTP-REQ-004, HTTP-QUERY-002, HTTP-QUERY-003, HTTP-QUERY-004, HTTP-QUERY-006 and HTTP-LIMIT-005.
func TestRefused(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	many := strings.Repeat("strings=a&", 1001)
	tests := []struct {
		line, body string
		status     int
		part       string
	}{
		{"GET /nothing", "", 404, "no route"},
		{"PUT /carts/c1", "", 405, "GET"},
		{"HEAD /carts/c1", "", 405, "GET"},
		{"GET /carts/%zz", "", 400, "hexadecimal"},
		{"GET /carts/%ff", "", 400, "UTF-8"},
		{"POST /collect", "{}", 501, "Collect"},
		{"POST /test.shop.v1.ShopService/Collect", "{}", 501, "Collect"},
		{"GET /carts/c1", "{}", 400, "takes none"},

		{"GET /echo/int32/x", "", 400, `"int32": "x" is no int32`},
		{"GET /echo/int32/2147483648", "", 400, `"int32"`},
		{"GET /echo/int32/1.5", "", 400, `"int32"`},
		{"GET /echo/int32/007", "", 400, `"int32"`},
		{"GET /echo/int32/+7", "", 400, `"int32"`},
		{"GET /echo/int32/%207", "", 400, `"int32"`},
		{"GET /echo/int32/0x7", "", 400, `"int32"`},
		{"GET /echo/int32/1_0", "", 400, `"int32"`},
		{"GET /echo/bool/True", "", 400, `"bool"`},
		{"GET /echo/bool/1", "", 400, `"bool"`},
		{"GET /echo/color/RED", "", 400, `"color": "RED" is no test.shop.v1.Color`},
		{"GET /echo/bytes/a", "", 400, `"bytes"`},
		{"GET /echo/double/inf", "", 400, `"double"`},
		{"GET /echo/double/1e999", "", 400, `"double"`},
		{"GET /echo/time/yesterday", "", 400, `"time": "yesterday" is no google.protobuf.Timestamp`},
		{"GET /echo/mask/a_b", "", 400, `"mask"`},

		{"POST /carts/c1/items", `{"userId":"c2"}`, 400, `"user_id"`},
		{"PUT /echo/child/x", `{"child":{"optionalString":"y"}}`, 400, `"child.optional_string"`},
		{"PUT /echo/one/x", `{"oneInt32":1}`, 400, `the oneof "one"`},

		{"GET /echo?int32=1&int32=2", "", 400, `parameter "int32"`},
		{"GET /echo?string_value=1&stringValue=1", "", 400, `parameter "stringValue"`},
		{"GET /echo?nothing=1", "", 400, `parameter "nothing"`},
		{"GET /echo?=1", "", 400, `parameter ""`},
		{"GET /echo?child.=1", "", 400, `parameter "child."`},
		{"GET /echo?child=1", "", 400, `parameter "child"`},
		{"GET /echo?counts=1", "", 400, `parameter "counts"`},
		{"GET /echo?counts.a=1", "", 400, `parameter "counts.a"`},
		{"GET /echo?children.string=1", "", 400, `parameter "children.string"`},
		{"GET /echo?children=1", "", 400, `parameter "children"`},
		{"GET /echo?string.x=1", "", 400, `parameter "string.x"`},
		{"GET /echo?empty=1", "", 400, `parameter "empty"`},
		{"GET /echo?any=1", "", 400, `parameter "any"`},
		{"GET /echo?value=1", "", 400, `parameter "value"`},
		{"GET /echo?object=1", "", 400, `parameter "object"`},
		{"GET /echo?oneString=1&oneInt32=2", "", 400, `parameter "oneInt32"`},
		{"GET /echo?oneChild.string=1&oneInt32=2", "", 400, `parameter "oneInt32"`},
		{"GET /echo?oneInt32=2&oneChild.string=1", "", 400, `parameter "oneChild.string"`},
		{"GET /echo/one/x?oneInt32=2", "", 400, `parameter "oneInt32"`},
		{"GET /carts/c1?user_id=c1", "", 400, `parameter "user_id": the path`},
		{"GET /carts/c1?userId=c1", "", 400, `parameter "userId": the path`},
		{"GET /echo/child/x?child.string=x", "", 400, `parameter "child.string": the path`},
		{"GET /echo/wrapper/x?stringValue.value=x", "", 400, `parameter "stringValue.value": the path`},
		{"POST /echo/nested?child.string=x", "{}", 400, `parameter "child.string": the body`},
		{"POST /echo?string=x", "{}", 400, `parameter "string": the body`},
		{"POST /echo?nothing=x", "", 400, `parameter "nothing"`},

		{"GET /echo?int32=x", "", 400, `parameter "int32": "x" is no int32`},
		{"GET /echo?int32=", "", 400, `parameter "int32"`},
		{"GET /echo?int32", "", 400, `parameter "int32"`},
		{"GET /echo?bool=", "", 400, `parameter "bool"`},
		{"GET /echo?time=", "", 400, `parameter "time"`},
		{"GET /echo?color=", "", 400, `parameter "color"`},
		{"GET /echo?int64Value=", "", 400, `parameter "int64Value"`},
		{"GET /echo?span=1", "", 400, `parameter "span"`},
		{"GET /echo?double=+1", "", 400, `parameter "double"`},
		{"GET /echo?int32s=1&int32s=x", "", 400, `parameter "int32s"`},
		{"GET /echo?uint32=-1", "", 400, `parameter "uint32"`},
		{"GET /echo?uint64=18446744073709551616", "", 400, `parameter "uint64"`},
		{"GET /echo?float=1e39", "", 400, `parameter "float"`},
		{"GET /echo?int32=1e999999999999999999999", "", 400, `parameter "int32"`},
		{"GET /echo?int32=1e-999999999999999999999", "", 400, `parameter "int32"`},

		{"GET /echo?string=%", "", 400, "hexadecimal"},
		{"GET /echo?%zz=a", "", 400, "hexadecimal"},
		{"GET /echo?string=%ff", "", 400, "UTF-8"},
		{"GET /echo?%ff", "", 400, "UTF-8"},
		{"GET /echo?string=\xff", "", 400, "UTF-8"},

		{"GET /echo?" + many, "", 400, "more than 1000"},
		{"GET /echo?" + strings.Repeat("child.", 32) + "string=a", "", 400, "more than 32"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%.60s %s", test.line, test.body), func(t *testing.T) {
			t.Parallel()
			call{line: test.line, body: test.body}.refused(t, registry, test.status, test.part)
		})
	}
	for _, line := range []string{"GET /echo?" + many[:len("strings=a&")*1000], "GET /echo?" + strings.Repeat("child.", 31) + "string=a"} {
		if _, _, err := (call{line: line}).payload(registry); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	}
}

// TestContentType covers HTTP-TYPE-001 and HTTP-BODY-001.
func TestContentType(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	for _, contentType := range []string{"", "application/json", "Application/JSON", "application/json; charset=utf-8", `application/json;charset="UTF-8"`, "application/json; a=b"} {
		call{"POST /echo", contentType, `{"int32":1}`}.expect(t, registry, `int32: 1`)
	}
	for _, contentType := range []string{
		"text/json", "application/json; charset=latin1", "application/x-www-form-urlencoded", "application/json; charset", "json", "application/jsonx", "*/*",
	} {
		call{"POST /echo", contentType, ""}.expect(t, registry, ``)
		call{"POST /echo", contentType, "{}"}.refused(t, registry, 415, "content type")
	}

	bytes := "\x00\xff{"
	call{"PUT /files/a/b.png", "image/png", bytes}.expect(t, registry, `name: "a/b.png" content {content_type: "image/png" data: "\x00\xff{"}`)
	call{"PUT /files/a", "", bytes}.expect(t, registry, `name: "a" content {data: "\x00\xff{"}`)
	call{"PUT /files/a", "application/json; charset=x", "{}"}.expect(t, registry, `name: "a" content {content_type: "application/json; charset=x" data: "{}"}`)
	call{"PUT /files/a", "image/png", ""}.expect(t, registry, `name: "a"`) // HTTP-REQ-002
	call{"POST /page", "text/html", "<p>"}.expect(t, registry, `content_type: "text/html" data: "<p>"`)
	call{"POST /page", "\xff", "<p>"}.refused(t, registry, 400, "content-type")
}
