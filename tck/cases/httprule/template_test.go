package httprule

import (
	"slices"
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		route     string
		variables []string
	}{
		"/":                       {},
		"/carts":                  {route: "/carts"},
		"/carts/{user_id}":        {route: "/carts/*", variables: []string{"user_id"}},
		"/carts/{user_id}:clear":  {route: "/carts/*:clear", variables: []string{"user_id"}},
		"/files/{name=**}":        {route: "/files/**", variables: []string{"name"}},
		"/{parent=shops/*}/carts": {route: "/shops/*/carts", variables: []string{"parent"}},
		"/a/{b.c.d}/{e}":          {route: "/a/*/*", variables: []string{"b.c.d", "e"}},
		"/a/*/**:v":               {route: "/a/*/**:v"},
		"carts":                   {},
		"/carts/":                 {},
		"//carts":                 {},
		"/carts/{id":              {},
		"/carts/{}":               {},
		"/carts/{a.}":             {},
		"/carts/{a={b}}":          {},
		"/carts/{a}b":             {},
		"/carts/**/x":             {},
		"/{a=**}/x":               {},
		"/carts:":                 {},
		"/carts:a:b":              {},
		"/carts:a/b":              {},
		"/carts?x":                {},
		"/carts/#":                {},
		"/carts/a*":               {},
		"/{a=}":                   {},
	} {
		read, err := parseTemplate(text)
		switch {
		case want.route == "" && err == nil:
			t.Errorf("%s is read as %s", text, read.route())
		case want.route != "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want.route != "" && (read.route() != want.route || !slices.Equal(read.variables, want.variables)):
			t.Errorf("%s is read as %s with %q", text, read.route(), read.variables)
		}
	}
}

// Whatever a function writes, the kit says what is wrong with it; what it reads is a
// route that reads as itself.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"/", "/a/{b}", "/{a=b/*}/c:d", "/**", "{", "/a:b:c", "/{a=**}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parseTemplate(text)
		if err != nil {
			return
		}
		again, err := parseTemplate(read.route())
		if err != nil || again.route() != read.route() {
			t.Errorf("%q gives %q, which gives %q, %v", text, read.route(), again.route(), err)
		}
		if strings.Count(text, "{") != len(read.variables) {
			t.Errorf("%q has %d variables", text, len(read.variables))
		}
	})
}
