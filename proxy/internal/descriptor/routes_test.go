package descriptor_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/route"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const httpNumber = 72295728

// httpRule returns the bytes of the option google.api.http, whose rule is text.
func httpRule(text string) []byte {
	rule := new(annotations.HttpRule)
	if err := prototext.Unmarshal([]byte(text), rule); err != nil {
		panic(err)
	}
	serialized, err := proto.Marshal(rule)
	if err != nil {
		panic(err)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, httpNumber, protowire.BytesType), serialized)
}

// rules gives Add and Get these rules; an empty one is none.
func rules(add, get string) func(files) {
	return func(f files) {
		for i, text := range []string{add, get} {
			if text != "" {
				setOptions(f.counter().GetService()[0].GetMethod()[i], httpRule(text))
			}
		}
	}
}

const (
	addPlace = counterFile + ":8:3 test.counter.v1.CounterService.Add"
	getPlace = counterFile + ":9:3 test.counter.v1.CounterService.Get"
)

// TestRuleMistakes covers HTTP-RULE-004 to HTTP-RULE-010.
func TestRuleMistakes(t *testing.T) {
	t.Parallel()
	one := func(rule, requirement, text string) badAnswer {
		return badAnswer{files: rules(rule, ""), want: []want{{requirement, text, []string{addPlace}}}}
	}
	checkRefused(t, map[string]badAnswer{
		"no pattern":          one(`body: "*"`, "HTTP-RULE-004", `"test.counter.v1.CounterService.Add" has a binding without a pattern`),
		"no kind":             one(`custom {path: "/a"}`, "HTTP-RULE-004", `the custom pattern "" /a`),
		"every kind":          one(`custom {kind: "*" path: "/a"}`, "HTTP-RULE-004", `the custom pattern "*" /a`),
		"a kind of two words": one(`custom {kind: "A B" path: "/a"}`, "HTTP-RULE-004", `"A B" /a`),
		"no path":             one(`get: ""`, "HTTP-RULE-004", `has the route GET , and "" is no path template: it does not begin with /`),
		"no template":         one(`post: "/a/{id"`, "HTTP-RULE-004", `POST /a/{id, and "/a/{id" is no path template: the variable "{id" is not closed`),
		"a later binding":     one(`get: "/{id}" additional_bindings {put: "/**/a"}`, "HTTP-RULE-004", "PUT /**/a"),
		"no such variable":    one(`get: "/{name}"`, "HTTP-RULE-005", `GET /{name}, and its variable {name} can hold no text: the message "test.counter.v1.AddRequest" has no field "name"`),
		"within no message":   one(`get: "/{id.a}"`, "HTTP-RULE-005", `the field "test.counter.v1.AddRequest.id" is no message`),
		"a variable twice":    one(`get: "/{id}/{id=x}"`, "HTTP-RULE-005", "the variable {id} stands twice"),
		"a JSON name":         one(`get: "/{Id}"`, "HTTP-RULE-005", `no field "Id"`),
		"no such body":        one(`post: "/a" body: "item"`, "HTTP-RULE-006", `POST /a with the body "item", and the message "test.counter.v1.AddRequest" has no such field`),
		"a path as a body":    one(`post: "/a" body: "id.a"`, "HTTP-RULE-006", `"id.a"`),
		"a body in the path":  one(`post: "/a/{id}" body: "id"`, "HTTP-RULE-006", `POST /a/{id}, whose variable {id} is in the body "id"`),
		"no such response":    one(`get: "/a" response_body: "sum"`, "HTTP-RULE-007", `GET /a with the response_body "sum", and the message "test.counter.v1.AddResponse" has no such field`),
		"bindings of bindings": one(`get: "/a" additional_bindings {put: "/b" additional_bindings {put: "/c"}}`,
			"HTTP-RULE-008", "additional_bindings in its additional binding PUT /b"),
		"one route of one method":          one(`get: "/a/{id}" additional_bindings {get: "/a/*"}`, "HTTP-RULE-009", "have one route, GET /a/{id} and GET /a/*"),
		"its own default route, and again": one(`post: "/test.counter.v1.CounterService/Add" body: "*" additional_bindings {post: "/test.counter.v1.CounterService/Add"}`, "HTTP-RULE-009", "have one route"),
		"one route of two methods": {
			files: rules(`get: "/a/{id}:v"`, `get: "/{id=a/*}:v"`),
			want: []want{{
				"HTTP-RULE-009", `"test.counter.v1.CounterService.Add" and "test.counter.v1.CounterService.Get" have one route, GET /a/{id}:v and GET /{id=a/*}:v`,
				[]string{getPlace, addPlace},
			}},
		},
		"another's default route": {
			files: rules(`post: "/test.counter.v1.CounterService/Get"`, ""),
			want: []want{{
				"HTTP-RULE-009", `"test.counter.v1.CounterService.Add" has the route POST /test.counter.v1.CounterService/Get, which is the default route of "test.counter.v1.CounterService.Get"`,
				[]string{addPlace, getPlace},
			}},
		},
		"a default route of a later service": {
			files: func(f files) {
				rules(`custom {kind: "POST" path: "/test.counter.v1.OtherService/Get"}`, "")(f)
				other := proto.CloneOf(f.counter().GetService()[0])
				other.Name, other.Method[0].Options = new("OtherService"), nil
				f.counter().Service = append(f.counter().Service, other)
			},
			answer: func(a *discoveryv1.DiscoverResponse) {
				a.Entities = append(a.Entities, &discoveryv1.Entity{EntityType: eventSourced, ServiceName: "test.counter.v1.OtherService", PersistenceId: "other"})
			},
			want: []want{{"HTTP-RULE-009", "the default route of", []string{addPlace, counterFile + " test.counter.v1.OtherService.Get"}}},
		},
		"several at once": {
			files: rules(`get: "/{a}/{b}" body: "c" response_body: "d"`, `get: ""`),
			want: []want{
				{"HTTP-RULE-005", "{a}", []string{addPlace}},
				{"HTTP-RULE-005", "{b}", []string{addPlace}},
				{"HTTP-RULE-006", `"c"`, []string{addPlace}},
				{"HTTP-RULE-007", `"d"`, []string{addPlace}},
				{"HTTP-RULE-004", `""`, []string{getPlace}},
			},
		},
		"an option that cannot be read": {
			files: func(f files) {
				setOptions(f.counter().GetService()[0].GetMethod()[0], protowire.AppendBytes(protowire.AppendTag(nil, httpNumber, protowire.BytesType), []byte{0xff}))
			},
			want: []want{{"HTTP-RULE-004", "google.api.http that cannot be read", []string{addPlace}}},
		},
	})
}

// TestVariableTypes covers HTTP-RULE-005: which fields a variable may name.
func TestVariableTypes(t *testing.T) {
	t.Parallel()
	shop, answer := descriptortest.ShopFiles(), descriptortest.ShopAnswer()
	for name, fits := range map[string]bool{
		"string": true, "bytes": true, "bool": true, "int32": true, "fixed64": true, "double": true, "color": true, "optional_string": true, "one_string": true, "null": true,
		"time": true, "span": true, "mask": true, "string_value": true, "int64_value": true, "bytes_value": true, "child.child.string": true, "child.time": true, "time.seconds": true,
		"child": false, "strings": false, "counts": false, "children.string": false, "times": false, "object": false, "value": false, "list": false, "any": false, "empty": false,
		"child.strings": false, "counts.key": false, "string.a": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, answer := proto.CloneOf(shop), proto.CloneOf(answer)
			for _, method := range set.GetFile()[len(set.GetFile())-1].GetService()[0].GetMethod() {
				method.Options = nil
				if method.GetName() == "Echo" {
					setOptions(method, httpRule(fmt.Sprintf(`get: "/x/{%s}"`, name)))
				}
			}
			answer.Proto, _ = proto.Marshal(set)
			registry, found := descriptor.Build(wire.V1(), answer)
			switch {
			case fits && len(found) > 0:
				t.Error(found)
			case fits:
				binding, _, err := registry.Routes().Match("GET", "/x/a")
				if err != nil || binding.Variables[0].String() != name {
					t.Errorf("got %v, %v", binding, err)
				}
			case len(found) != 1 || found[0].Requirement != "HTTP-RULE-005":
				t.Errorf("found %v", found)
			}
		})
	}
}

// built returns the routes of an answer without a mistake, in either dialect.
func built(t *testing.T, dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) *descriptor.Routes {
	t.Helper()
	registry, found := descriptor.Build(dialect, answer)
	if descriptor.Refuses(found) {
		t.Fatal(found)
	}
	return registry.Routes()
}

// TestRoutes covers HTTP-RULE-001 to HTTP-RULE-003, of both dialects.
func TestRoutes(t *testing.T) {
	t.Parallel()
	const addDefault, getDefault = "/test.counter.v1.CounterService/Add", "/test.counter.v1.CounterService/Get"
	change := rules(
		`put: "/counters/{id}/{amount}" additional_bindings {custom {kind: "ADD" path: "/counters/{id}:add"} body: "amount" response_body: "total"}`,
		`post: "`+getDefault+`" body: "id" selector: "nobody reads this"`)
	for name, build := range map[string]func() *descriptor.Routes{
		"version 1": func() *descriptor.Routes {
			set := descriptortest.Files()
			change(files{set})
			return built(t, wire.V1(), descriptortest.Answer(set))
		},
		"Cloudstate 0.2": func() *descriptor.Routes {
			f := old(1080)
			change(f)
			return built(t, wire.Cloudstate(), oldAnswer(f))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			routes := build()
			find := func(verb, path string, captures ...string) *descriptor.Binding {
				binding, got, err := routes.Match(verb, path)
				if err != nil || !slices.Equal(got, captures) {
					t.Fatalf("%s %s: %v, %v", verb, path, got, err)
				}
				return binding
			}
			add := find("POST", addDefault)
			if add.Method.Name != "Add" || !add.Body.Whole || add.Body.Field != nil || add.Response != nil || add.Input.Name() != "AddRequest" || add.Output.Name() != "AddResponse" {
				t.Errorf("the default route is %+v", add)
			}
			put := find("PUT", "/counters/a/7", "a", "7")
			if put.Method != add.Method || put.Body != (descriptor.Body{}) || put.Variables[0].String() != "id" || put.Variables[1].Last().Name() != "amount" {
				t.Errorf("the rule's binding is %+v", put)
			}
			more := find("ADD", "/counters/a:add", "a")
			if more.Body.Whole || more.Body.Field.Name() != "amount" || more.Response.Name() != "total" {
				t.Errorf("the additional binding is %+v", more)
			}
			if get := find("POST", getDefault); get.Method.Name != "Get" || get.Body.Whole || get.Body.Field.Name() != "id" {
				t.Errorf("the default route that a binding stands for is %+v", get)
			}
			if len(routes.Bindings()) != 4 || !slices.Equal(routes.Methods("/counters/a:add"), []string{"ADD"}) {
				t.Errorf("the bindings are %v", routes.Bindings())
			}
			if _, _, err := routes.Match("GET", "/counters/a"); !errors.Is(err, route.ErrNone) {
				t.Errorf("no route: %v", err)
			}
		})
	}
}

// TestRulesUnread covers HTTP-RULE-011, and that several options are one, as protobuf
// has it.
func TestRulesUnread(t *testing.T) {
	t.Parallel()
	set := descriptortest.Files()
	f := files{set}
	unused := proto.CloneOf(f.counter().GetService()[0])
	unused.Name = new("Unused")
	setOptions(unused.GetMethod()[0], httpRule(`get: "no template"`))
	setOptions(unused.GetMethod()[1], httpRule(`get: "/counters/{id}"`))
	f.counter().Service = append(f.counter().Service, unused)
	wrongFormat := protowire.AppendVarint(protowire.AppendTag(nil, httpNumber, protowire.VarintType), 1)
	setOptions(f.counter().GetService()[0].GetMethod()[0], httpRule(`get: "/counters/{id}" body: "*"`), wrongFormat, httpRule(`put: "/c" body: ""`), httpRule(`response_body: "total"`))
	routes := built(t, wire.V1(), descriptortest.Answer(set))
	if len(routes.Bindings()) != 3 {
		t.Errorf("the bindings are %v", routes.Bindings())
	}
	if b, _, err := routes.Match("PUT", "/c"); err != nil || !b.Body.Whole || b.Response == nil {
		t.Errorf("the option is %+v, %v", b, err)
	}
}

// FuzzRule feeds foreign bytes as a rule: it is read or named.
func FuzzRule(f *testing.F) {
	for _, text := range []string{`get: "/a/{id}"`, `custom {kind: "A" path: "/{id=**}:v"} body: "amount"`, `get: "/a" additional_bindings {put: "/a" additional_bindings {get: "/"}}`, `get: "/{id.a}" response_body: "x"`} {
		f.Add(httpRule(text)[6:])
	}
	f.Fuzz(func(t *testing.T, rule []byte) {
		set := descriptortest.Files()
		setOptions(set.GetFile()[2].GetService()[0].GetMethod()[0], protowire.AppendBytes(protowire.AppendTag(nil, httpNumber, protowire.BytesType), rule))
		registry, found := descriptor.Build(wire.V1(), descriptortest.Answer(set))
		if (registry == nil) != (len(found) > 0) {
			t.Fatalf("registry %v and mistakes %v", registry, found)
		}
		for _, m := range found {
			if !strings.HasPrefix(m.Requirement, "HTTP-RULE-") || !strings.Contains(m.Text, "CounterService.Add") || len(m.Places) == 0 {
				t.Errorf("a mistake without a place: %+v", m)
			}
		}
	})
}
