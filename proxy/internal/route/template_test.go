package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/route"
)

func parse(t *testing.T, text string) route.Template {
	t.Helper()
	template, err := route.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return template
}

// TestParse holds the grammar that HTTP-RULE-004 asks for, and what two templates are
// compared by (HTTP-RULE-009).
func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		same      string
		variables []string
	}{
		"/v1":                               {"/v1", nil},
		"/*":                                {"/*", nil},
		"/**":                               {"/**", nil},
		"/carts/{user_id}":                  {"/carts/*", []string{"user_id"}},
		"/carts/{id}":                       {"/carts/*", []string{"id"}},
		"/carts/{user_id=*}/items":          {"/carts/*/items", []string{"user_id"}},
		"/{parent=shops/*}/carts/{id}:move": {"/shops/*/carts/*:move", []string{"parent", "id"}},
		"/files/{name=**}":                  {"/files/**", []string{"name"}},
		"/a/{b.c_d.e1=x/*/**}:v":            {"/a/x/*/**:v", []string{"b.c_d.e1"}},
		"/a%20b/é/100%:v%41":                {"/a%20b/é/100%:v%41", nil},
		"/stateward.v1.Cart/Get":            {"/stateward.v1.Cart/Get", nil},
		"/a+b;c=d/$!'(),@&~":                {"/a+b;c=d/$!'(),@&~", nil},
		"/{a=b}":                            {"/b", []string{"a"}},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			template := parse(t, text)
			if template.String() != want.same || !slices.Equal(template.Variables(), want.variables) {
				t.Errorf("got %s, %v", template.String(), template.Variables())
			}
		})
	}
}

// TestParseMistakes holds that each mistake in a template is named (HTTP-RULE-004).
func TestParseMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                 "does not begin with /",
		"carts":            "does not begin with /",
		"{a}":              "does not begin with /",
		"/":                "a segment is empty",
		"//a":              "a segment is empty",
		"/a/":              "a segment is empty",
		"/a//b":            "a segment is empty",
		"/a:":              "its verb: a segment is empty",
		"/:v":              "a segment is empty",
		"/a:b:c":           `its verb: "b:c" holds one of`,
		"/a:b/c":           `its verb: "b/c" holds one of`,
		"/a/b*":            `"b*" holds one of`,
		"/***":             `"***" holds one of`,
		"/a?b":             `"a?b" holds one of`,
		"/a#b":             `"a#b" holds one of`,
		"/a}":              `"a}" holds one of`,
		"/a{b}":            `"a{b}" holds one of`,
		"/{a":              "is not closed",
		"/{a/b}":           `"a/b" is no field path`,
		"/{a}b":            `"b" stands behind the variable {a}`,
		"/{a={b}}":         `"}" stands behind the variable`,
		"/{}":              "a name in it is empty",
		"/{.a}":            "a name in it is empty",
		"/{a.}":            "a name in it is empty",
		"/{1a}":            "is no field path",
		"/{a-b}":           "is no field path",
		"/{ä}":             "is no field path",
		"/{a=}":            "a segment is empty",
		"/{a=/b}":          "a segment is empty",
		"/{a=b/}":          "a segment is empty",
		"/{a=b:c}":         `"b:c" holds one of`,
		"/**/a":            "** is not its last segment",
		"/{a=**}/{b}":      "** is not its last segment",
		"/{a=**/b}":        "** is not its last segment",
		"/**/**":           "** is not its last segment",
		"/carts/{user_id:": "is not closed",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if template, err := route.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %s, %v", template.String(), err)
			}
		})
	}
}

// FuzzParse wants of a template that is one that its canonical form is one too, and
// the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"/v1", "/carts/{user_id}:clear", "/{a.b=x/*/**}", "/a%2F/{b=**}", "/{a}{b}", "/**/a", "{", "/100%", "/%ff:%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := route.Parse(text)
		if err != nil {
			return
		}
		again, err := route.Parse(template.String())
		if err != nil || again.String() != template.String() {
			t.Errorf("%q is the same as %q, which is %q, %v", text, template.String(), again.String(), err)
		}
		for _, variable := range template.Variables() {
			if !strings.Contains(text, variable) || variable == "" {
				t.Errorf("%q has the variable %q", text, variable)
			}
		}
	})
}
