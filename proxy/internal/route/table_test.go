package route_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/route"
)

// table returns a table of the routes, each "METHOD template".
func table(tb testing.TB, routes ...string) *route.Table {
	tb.Helper()
	made := new(route.Table)
	for _, text := range routes {
		method, path, _ := strings.Cut(text, " ")
		template, err := route.Parse(path)
		if err != nil {
			tb.Fatal(err)
		}
		if _, added := made.Add(method, template); !added {
			tb.Fatalf("%s stands twice", text)
		}
	}
	return made
}

// TestMatch covers HTTP-PATH-001, HTTP-PATH-002, HTTP-PATH-003, HTTP-PATH-004,
// HTTP-PATH-005, HTTP-PATH-006 and HTTP-PATH-007: one template, and what it matches.
func TestMatch(t *testing.T) {
	t.Parallel()
	const none = "no match"
	tests := map[string]map[string]string{ // template → path → the captures, joined by |
		"/carts/{user_id}": {
			"/carts/a:b": "a:b", "/carts/a%2Fb": "a/b", "/carts/a%2fb": "a/b", "/carts/a+b": "a+b", "/carts/a%2Bb": "a+b",
			"/carts/%20": " ", "/carts/%C3%A9": "é", "/carts/é": "é", "/carts/a%3Ab": "a:b", "/carts/..": "..", "/carts/.": ".",
			"/carts/%25": "%", "/carts/%2525": "%25", "/carts/a;b=c": "a;b=c", "/carts/%00": "\x00", "/carts/:": ":",
			"/carts/": none, "/carts/a/": none, "/carts/a/b": none, "/carts": none, "/Carts/a": none, "//carts/a": none,
			"/carts//a": none, "/x/../carts/a": none, "carts/a": none, "*": none, "": none, "/": none,
		},
		"/carts/{user_id}:clear": {
			"/carts/a:clear": "a", "/carts/a:b:clear": "a:b", "/carts/::clear": ":", "/carts/a%3Aclear:clear": "a:clear",
			"/carts/a%3Aclear": none, "/carts/:clear": none, "/carts/a:clea%72": none, "/carts/a:Clear": none, "/carts/a:clear:": none,
			"/carts/a": none, "/carts/a:clear/": none, "/carts:clear/a": none, "/carts/a:b": none,
		},
		"/files/{name=**}": {
			"/files": "", "/files/": "", "/files/a/b": "a/b", "/files//": "/", "/files/a//b/": "a//b/", "/files/a%2Fb/c%2f%20": "a%2Fb/c%2f ",
			"/files/a:b": "a:b", "/file": none, "/filesx": none, "/files:x": none,
		},
		"/files/{name=**}:dl": {
			"/files:dl": "", "/files/:dl": "", "/files/a/b:dl": "a/b", "/files/a:dl/b:dl": "a:dl/b",
			"/files": none, "/files/a:dl/b": none,
		},
		"/{parent=shops/*}/carts": {
			"/shops/s1/carts": "shops/s1", "/shops/a%2Fb%20/carts": "shops/a%2Fb ", "/sh%6Fps/a/carts": "shops/a",
			"/shops/carts": none, "/shops//carts": none, "/shops/a/b/carts": none,
		},
		"/{a=x}":                      {"/x": "x", "/%78": "x", "/y": none},
		"/{a=**}":                     {"/": "", "/a": "a", "//": "/"},
		"/*/{b}":                      {"/x/y": "y", "//y": none},
		"/a%20b/caf%C3%A9":            {"/a%20b/café": "", "/a b/caf%c3%a9": "", "/a+b/café": none},
		"/100%":                       {"/100%25": "", "/100": none},
		"/a:%76":                      {"/a:v": "", "/a:%76": none},
		"/{a}/{b.c}/{d=**}":           {"/1/2": "1|2|", "/1/2/3/4": "1|2|3/4", "/1": none},
		"/stateward.v1.Cart/Get":      {"/stateward.v1.Cart/Get": "", "/stateward.v1.Cart/get": none},
		"/{a=x/*/y/*}/{b=**}:restore": {"/x/1/y/2:restore": "x/1/y/2|", "/x/1/y/2/3:restore": "x/1/y/2|3"},
	}
	for template, paths := range tests {
		for path, want := range paths {
			t.Run(template+" "+path, func(t *testing.T) {
				t.Parallel()
				_, captures, err := table(t, "GET "+template).Match("GET", path)
				got := strings.Join(captures, "|")
				if err != nil {
					got = none
				}
				if got != want || err != nil && !errors.Is(err, route.ErrNone) {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			})
		}
	}
}

// TestPrecedence covers HTTP-PATH-003: of the routes that match, the one that is
// listed first here is taken, in whichever order they were added.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{ // path → templates, all of which match it
		"/a/b/c":   {"/a/b/c", "/a/b/*", "/a/b/**", "/a/*/c", "/a/*/*", "/a/*/**", "/a/**", "/*/b/c", "/*/b/**", "/*/*/c", "/**"},
		"/a/b":     {"/a/b", "/a/b/**", "/a/*", "/a/*/**", "/a/**", "/*/b", "/*/*", "/**"},
		"/a":       {"/a", "/a/**", "/*", "/*/**", "/**"},
		"/a/b:v":   {"/a/b:v", "/a/b/**:v", "/a/*:v", "/a/*", "/a/*/**:v", "/a/*/**", "/a/**:v", "/a/**", "/*/b:v", "/*/*:v", "/*/*", "/**:v", "/**"},
		"/a/b%3Av": {"/a/b%3Av", "/a/*", "/a/**"},
		"/a/x:v":   {"/a/x%3Av", "/a/x/**:v", "/a/*:v"},
	}
	for path, templates := range tests {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for i := range templates {
				var routes []string
				for _, template := range templates[i:] {
					routes = append(routes, "GET "+template)
				}
				forth, _, err := table(t, routes...).Match("GET", path)
				slices.Reverse(routes)
				back, _, again := table(t, routes...).Match("GET", path)
				if err != nil || again != nil || forth != 0 || back != len(routes)-1 {
					t.Errorf("of %v, %s was taken, and of the same in the other order %s: %v, %v",
						templates[i:], templates[i+forth], routes[back], err, again)
				}
			}
		})
	}
}

// TestMethods covers HTTP-PATH-010: which routes matter is a question of the HTTP
// method too.
func TestMethods(t *testing.T) {
	t.Parallel()
	routes := table(t, "GET /carts/{id}", "DELETE /carts/{id}", "POST /carts/{id}:clear", "PURGE /carts/**", "GET /carts/{id}/items", "GET /carts/all")
	tests := []struct {
		method, path string
		index        int
		allow        string
	}{
		{"GET", "/carts/a", 0, ""},
		{"DELETE", "/carts/a", 1, ""},
		{"DELETE", "/carts/all", 1, ""}, // the literal is of another method
		{"GET", "/carts/all", 5, ""},
		{"POST", "/carts/a:clear", 2, ""},
		{"GET", "/carts/a:clear", 0, ""},
		{"PURGE", "/carts/a", 3, ""},
		{"PURGE", "/carts", 3, ""},
		{"HEAD", "/carts/a", 0, "DELETE, GET, PURGE"},
		{"POST", "/carts/a", 0, "DELETE, GET, PURGE"},
		{"PUT", "/carts/a:clear", 0, "DELETE, GET, POST, PURGE"},
		{"get", "/carts/a", 0, "DELETE, GET, PURGE"},
		{"GET", "/carts", 0, "PURGE"},
		{"GET", "/shops", 0, "none"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			index, _, err := routes.Match(test.method, test.path)
			others, isMethod := errors.AsType[*route.MethodError](err)
			switch {
			case test.allow == "none":
				if !errors.Is(err, route.ErrNone) {
					t.Errorf("got %v", err)
				}
			case test.allow != "":
				if !isMethod || strings.Join(others.Allow, ", ") != test.allow || !strings.Contains(err.Error(), test.allow) {
					t.Errorf("got %v", err)
				}
			case err != nil || index != test.index:
				t.Errorf("got %d, %v", index, err)
			}
		})
	}
	if got := routes.Methods("/carts/a:clear"); !slices.Equal(got, []string{"DELETE", "GET", "POST", "PURGE"}) {
		t.Errorf("the methods of the path are %v", got)
	}
	if got := routes.Methods("/%"); got != nil {
		t.Errorf("the methods of no path are %v", got)
	}
}

// TestEncoding covers HTTP-PATH-008, whether or not a route would match.
func TestEncoding(t *testing.T) {
	t.Parallel()
	routes := table(t, "GET /**")
	for _, path := range []string{"/%", "/a%2", "/%zz/a", "/%2g", "/a/%%20", "/%ff", "/\xff", "/%C3/%A9", "%", "/%e9:v"} {
		if _, _, err := routes.Match("GET", path); !errors.Is(err, route.ErrEncoding) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// TestSameRoute covers HTTP-RULE-009.
func TestSameRoute(t *testing.T) {
	t.Parallel()
	routes := table(t, "GET /carts/{user_id}", "POST /carts/{user_id}", "GET /carts/{user_id}:v", "GET /{a=x/*}/y", "GET /files/**")
	for text, want := range map[string]int{
		"GET /carts/{id}": 0, "GET /carts/*": 0, "POST /carts/{a.b=*}": 1, "GET /carts/*:v": 2, "GET /x/{a}/{b=y}": 3, "GET /files/{n=**}": 4,
		"PUT /carts/{id}": -1, "GET /carts/{id=**}": -1, "GET /carts/{id}:w": -1, "GET /carts": -1,
	} {
		method, path, _ := strings.Cut(text, " ")
		if index, added := routes.Add(method, parse(t, path)); added != (want < 0) || !added && index != want {
			t.Errorf("%s: %d, %t", text, index, added)
		}
	}
}

// FuzzMatch wants of every path that is taken that what its variables hold, put into
// the template, is a path that is taken too, with the same in them.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"/carts/a%2Fb:clear", "/files/a/%2f/b:dl", "/shops/s/carts", "/%", "//", "/a:b:c", "/carts/%C3%A9", "/x/1/2/3"} {
		f.Add(seed)
	}
	routes := table(f, "GET /carts/{id}", "GET /carts/{id}:clear", "GET /files/{n=**}", "GET /files/{n=**}:dl", "GET /{p=shops/*}/carts", "GET /{a}/{b}/{c=**}", "GET /**")
	f.Fuzz(func(t *testing.T, path string) {
		index, captures, err := routes.Match("GET", path)
		if err != nil {
			return
		}
		escaped := make([]string, len(captures))
		for i, text := range captures {
			escaped[i] = url.PathEscape(text)
		}
		again := map[int]func() string{
			0: func() string { return "/carts/" + escaped[0] },
			1: func() string { return "/carts/" + escaped[0] + ":clear" },
		}[index]
		if again == nil {
			return
		}
		other, held, err := routes.Match("GET", again())
		if err != nil || !slices.Equal(held, captures) {
			t.Errorf("%q is route %d with %q; %q is %d with %q, %v", path, index, captures, again(), other, held, err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	var all []string
	for _, service := range []string{"carts", "orders", "shops", "users"} {
		all = append(all, "GET /"+service+"/{id}", "DELETE /"+service+"/{id}", "POST /"+service+"/{id}/items", "POST /"+service+"/{id}:clear")
	}
	routes := table(b, all...)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := routes.Match("POST", "/orders/o-4711/items"); err != nil {
			b.Fatal(err)
		}
	}
}
