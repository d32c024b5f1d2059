package transcode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// errPanicked says that the library panicked over bytes.
var errPanicked = errors.New("the library panicked")

// library reads and writes the JSON of test.shop.v1.Everything as protobuf's own
// library does.
type library struct {
	binding *descriptor.Binding
	types   *dynamicpb.Types
}

func newLibrary(tb testing.TB, registry *descriptor.Registry) library {
	tb.Helper()
	binding, _, _, err := call{line: "POST /echo"}.find(registry)
	if err != nil {
		tb.Fatal(err)
	}
	return library{binding: binding, types: dynamicpb.NewTypes(registry.Files())}
}

// read returns the bytes of the message that the text is.
func (l library) read(text string) ([]byte, error) {
	m := dynamicpb.NewMessage(l.binding.Input)
	if err := (protojson.UnmarshalOptions{AllowPartial: true, Resolver: l.types}).Unmarshal([]byte(text), m); err != nil {
		return nil, err
	}
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(m)
}

// write returns the text of the message that the bytes are. Over some bytes the library
// panics.
func (l library) write(payload []byte) (text []byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("%w: %v", errPanicked, panicked)
		}
	}()
	m := dynamicpb.NewMessage(l.binding.Output)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: l.types}).Unmarshal(payload, m); err != nil {
		return nil, err
	}
	return protojson.MarshalOptions{AllowPartial: true, EmitDefaultValues: true, Resolver: l.types}.Marshal(m)
}

// same wants two payloads to be one message, as their JSON shows it: the library writes
// the fields in an Any in another order.
func (l library) same(t *testing.T, ours, theirs []byte) {
	t.Helper()
	_, own, err := transcode.Response(l.binding, ours)
	_, other, otherErr := transcode.Response(l.binding, theirs)
	if (err == nil) != (otherErr == nil) || !bytes.Equal(own, other) {
		t.Errorf("ours is %x, %s, %v; theirs %x, %s, %v", ours, own, err, theirs, other, otherErr)
	}
}

// stricter are the texts of the refusals that the library would not make: it takes
// deeper JSON, and keys of maps that are no numbers of JSON, such as "+1" and "007".
var stricter = []string{"deeper than", "the key is no"}

// FuzzBody holds every body against what protobuf's own library makes of it
// (HTTP-JSON-001, HTTP-JSON-003 to HTTP-JSON-005).
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"string":"a\u00e9\ud83d\ude00","int32":"1e1","int64":1.50e1,"double":-0.0}`, `{"color":1,"colors":["COLOR_RED"],"null":null,"value":null}`,
		`{"counts":{"a":1},"names":{"-1":"a"},"flags":{"true":{}},"palette":{"007":0}}`, `{"any":{"@type":"/test.shop.v1.Everything","oneInt32":1,"string":"a"}}`,
		`{"any":{"value":"1s","@type":"/google.protobuf.Duration"},"anys":[{}]}`, `{"time":"2026-01-31T12:00:00.5+01:00","span":"-.5s","mask":"a.bC, d"}`,
		`{"object":{"a":[1,null,"x",{"b":true}]},"list":[[]],"values":[null]}`, `{"bytes":"-_8","bytesValue":"+/8=","stringValue":"","int64Value":"7","floatValue":"NaN"}`,
		`{"oneString":"a","oneChild":{}}`, `{"child":{"children":[{"strings":["a"]}]},"other":"b"}`, `{"string":"a","string":"b"}`, "{\"string\":\"\xff\"}", `{"value":1e999}`, ` [1] `, `null`,
	} {
		f.Add(seed)
	}
	registry := shop(f)
	lib := newLibrary(f, registry)
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			return // sets nothing
		}
		ours, err := transcode.Request(lib.binding, nil, "", "", []byte(body))
		theirs, libErr := lib.read(body)
		switch {
		case err == nil && libErr == nil:
			lib.same(t, ours, theirs)
		case err == nil:
			t.Errorf("%q is taken, and the library says %v", body, libErr)
		case libErr == nil && !strings.Contains(err.Error(), stricter[0]) && !strings.Contains(err.Error(), stricter[1]):
			t.Errorf("%q is refused (%v), and the library takes it as %x", body, err, theirs)
		}
	})
}

// FuzzResponse holds every response against what protobuf's own library prints
// (HTTP-JSON-002, HTTP-JSON-006).
func FuzzResponse(f *testing.F) {
	registry := shop(f)
	lib := newLibrary(f, registry)
	for _, text := range []string{
		``, `string: "a\n\"" bytes: "\377" int64: -1 uint64: 5 double: 1e-9 float: 1e30 color: 77`, `counts {key: "a" value: 1} names {key: -1} flags {key: true value {}}`,
		`time {seconds: 1 nanos: 5} span {seconds: -1} mask {paths: "a_b"} string_value {} int64_value {value: 5}`, `value {} object {fields {key: "a" value {null_value: 0}}} list {values {number_value: 1}}`,
		`any {[/test.shop.v1.LineItem] {name: "a"}} anys {[/google.protobuf.Duration] {seconds: 1}} empty {}`, `one_null: 0 null: 5 optional_string: "" renamed: "b"`,
	} {
		f.Add(message(f, registry, "Everything", text))
	}
	f.Add([]byte("\xff"))
	f.Add([]byte(panics))
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, ours, err := transcode.Response(lib.binding, payload)
		theirs, libErr := lib.write(payload)
		if errors.Is(libErr, errPanicked) {
			return
		}
		if (err == nil) != (libErr == nil) {
			t.Fatalf("%x: ours is %s, %v; the library's %s, %v", payload, ours, err, theirs, libErr)
		}
		if err != nil {
			return
		}
		var own, other any
		if json.Unmarshal(ours, &own) != nil || json.Unmarshal(theirs, &other) != nil || !reflect.DeepEqual(own, other) {
			t.Errorf("%x: ours is\n%s, the library's\n%s", payload, ours, theirs)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, ours); err != nil || compact.Len() != len(ours) {
			t.Errorf("%s is not compact: %v", ours, err)
		}
	})
}

// FuzzQuery wants of a query that is taken that its payload is a message.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"string=a+b%2Bc&int32=-7", "strings=a&strings=b", "child.child.string=x", "one_int32=1&oneString=a", "%", "&&=&a", "time=2026-01-31T12:00:00Z&mask=a,b", "string=%ff", "child.="} {
		f.Add(seed)
	}
	registry := shop(f)
	lib := newLibrary(f, registry)
	binding, _, _, err := call{line: "GET /echo"}.find(registry)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		payload, err := transcode.Request(binding, nil, query, "", nil)
		if err != nil {
			return
		}
		if _, err := lib.write(payload); err != nil {
			t.Errorf("%q became %x: %v", query, payload, err)
		}
	})
}

// FuzzParameter holds every parameter against the JSON that it says it is
// (HTTP-QUERY-001, HTTP-QUERY-004).
func FuzzParameter(f *testing.F) {
	for _, seed := range [][2]string{
		{"string", "a"},
		{"int32", "1.0"},
		{"bool", "true"},
		{"color", "COLOR_RED"},
		{"colors", "7"},
		{"double", "NaN"},
		{"float", "1e9"},
		{"bytes", "-_8"},
		{"child.time", "2026-01-31T12:00:00Z"},
		{"span", "+1s"},
		{"mask", "a.bC"},
		{"stringValue", ""},
		{"int64Value", "-5"},
		{"boolValue", "false"},
		{"oneNull", "NULL_VALUE"},
		{"other", "x"},
		{"times", "1970-01-01T00:00:00Z"},
		{"value.numberValue", "5"},
	} {
		f.Add(seed[0], seed[1])
	}
	registry := shop(f)
	lib := newLibrary(f, registry)
	binding, _, _, err := call{line: "GET /echo"}.find(registry)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		ours, err := transcode.Request(binding, nil, url.QueryEscape(name)+"="+url.QueryEscape(text), "", nil)
		if err != nil || !utf8.ValidString(name) {
			return
		}
		if strings.HasPrefix(name, "value.") || strings.Contains(name, "time.") || strings.Contains(name, "span.") || strings.Contains(name, "Value.") || strings.Contains(name, "_value.") ||
			strings.Contains(name, "mask.") || strings.Contains(name, "any.") || strings.Contains(name, "alue.") || strings.Contains(name, "list.") {
			return // a part of what JSON writes as one value
		}
		quoted, _ := json.Marshal(text)
		for _, value := range []string{string(quoted), text, "[" + string(quoted) + "]", "[" + text + "]"} {
			parts := strings.Split(name, ".")
			for _, part := range slices.Backward(parts) {
				value = "{" + strconv.Quote(part) + ":" + value + "}"
			}
			if theirs, err := lib.read(value); err == nil {
				lib.same(t, ours, theirs)
				return
			}
		}
		t.Errorf("%q=%q became %x, and the library takes it as nothing", name, text, ours)
	})
}

// FuzzVariable holds what a path gives a field against what a query gives it
// (HTTP-PATH-005, HTTP-PATH-009): the texts of values are the same in both.
func FuzzVariable(f *testing.F) {
	for _, seed := range []string{"1", "a/b", "true", "COLOR_RED", "AQ==", "1e-5", "2026-01-31T12:00:00Z", ":", "%", "\xff", "é", " ", "Infinity", ".."} {
		f.Add(seed)
	}
	registry := shop(f)
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !utf8.ValidString(text) {
			return
		}
		for _, field := range []string{"int32", "bool", "color", "bytes", "double", "time"} {
			_, path, err := call{line: "GET /echo/" + field + "/" + strings.ReplaceAll(url.PathEscape(text), "?", "%3F")}.payload(registry)
			_, query, queryErr := call{line: "GET /echo?" + field + "=" + url.QueryEscape(text)}.payload(registry)
			if (err == nil) != (queryErr == nil) || !bytes.Equal(path, query) {
				t.Errorf("%s %q is %x, %v in a path, and %x, %v in a query", field, text, path, err, query, queryErr)
			}
		}
	})
}
