// Package httprule holds the cases on the rules that a function's methods have for
// HTTP. A proxy reads them in the answer to Discover, and so does the kit.
package httprule

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// Profile is the profile of the cases.
const Profile = "http"

// Cases returns the cases on the rules for HTTP.
func Cases() []engine.Case {
	var cases []engine.Case
	for _, s := range sentences() {
		cases = append(cases, engine.Case{
			ID:           "http/rules/" + s.id,
			Requirements: []string{s.requirement},
			Profile:      Profile,
			Needs:        discovery.Gate(),
			Script:       []engine.Step{discovery.Ask(), discovery.Expect(s.text, s.breach)},
		})
	}
	return cases
}

// sentence is what one case holds an answer against.
type sentence struct {
	id, requirement, text string
	breach                func(*discoveryv1.DiscoverResponse) string
}

func sentences() []sentence {
	return []sentence{
		{"patterns", "HTTP-RULE-004", "a method and a path template in each binding", each(badPattern)},
		{"variables", "HTTP-RULE-005", "fields of a text type for the variables, each once", each(badVariables)},
		{"bodies", "HTTP-RULE-006", "a body that is *, or a field apart from the variables", each(badBody)},
		{"response-bodies", "HTTP-RULE-007", "a response_body that is a field of the output", each(badResponseBody)},
		{"depth", "HTTP-RULE-008", "no additional_bindings in additional_bindings", each(nested)},
		{"routes", "HTTP-RULE-009", "a route of its own for each binding", sharedRoutes},
	}
}

// each holds every binding against a sentence; the first breach counts.
func each(breach func(binding) string) func(*discoveryv1.DiscoverResponse) string {
	return func(answer *discoveryv1.DiscoverResponse) string {
		all, _, err := bindings(answer)
		if err != nil {
			return err.Error()
		}
		if len(all) == 0 {
			return "no method has a rule"
		}
		for _, b := range all {
			if text := breach(b); text != "" {
				return b.named() + ": " + text
			}
		}
		return ""
	}
}

// plain are the HTTP methods that have a field of their own in a rule.
var plain = []string{"GET", "PUT", "POST", "DELETE", "PATCH"}

func badPattern(b binding) string {
	verb, path := b.pattern()
	switch {
	case verb == "" && path == "":
		return "it has no pattern"
	case !slices.Contains(plain, verb) && !token(verb):
		return fmt.Sprintf("%q is no HTTP method", verb)
	}
	if _, err := parseTemplate(path); err != nil {
		return "its path is no template: " + err.Error()
	}
	return ""
}

// token reports whether the text is a token of HTTP (RFC 9110, section 5.6.2) other
// than "*".
func token(text string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	return text != "" && text != "*" && !strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune(marks, r)
	})
}

func badVariables(b binding) string {
	_, path := b.pattern()
	read, err := parseTemplate(path)
	if err != nil {
		return "" // HTTP-RULE-004 says so
	}
	for i, variable := range read.variables {
		found, missing := field(b.method.Input(), variable)
		switch {
		case missing != "":
			return fmt.Sprintf("{%s}: %s", variable, missing)
		case !isText(found):
			return fmt.Sprintf("{%s} is of type %s", variable, found.Message().FullName())
		case slices.Contains(read.variables[:i], variable):
			return fmt.Sprintf("{%s} stands there twice", variable)
		}
	}
	return ""
}

func badBody(b binding) string {
	body := b.rule.GetBody()
	if body == "" || body == "*" {
		return ""
	}
	if b.method.Input().Fields().ByName(protoreflect.Name(body)) == nil {
		return fmt.Sprintf("%s has no field %q for the body", b.method.Input().FullName(), body)
	}
	_, path := b.pattern()
	read, err := parseTemplate(path)
	if err != nil {
		return "" // HTTP-RULE-004 says so
	}
	for _, variable := range read.variables {
		if first, _, _ := strings.Cut(variable, "."); first == body {
			return fmt.Sprintf("its body %q is where {%s} goes", body, variable)
		}
	}
	return ""
}

func badResponseBody(b binding) string {
	body := b.rule.GetResponseBody()
	if body != "" && b.method.Output().Fields().ByName(protoreflect.Name(body)) == nil {
		return fmt.Sprintf("%s has no field %q for the response's body", b.method.Output().FullName(), body)
	}
	return ""
}

func nested(b binding) string {
	if b.additional && len(b.rule.GetAdditionalBindings()) > 0 {
		return "it is an additional binding, and has additional_bindings"
	}
	return ""
}

// sharedRoutes names two bindings of one route, or one that has another method's
// default route.
func sharedRoutes(answer *discoveryv1.DiscoverResponse) string {
	all, methods, err := bindings(answer)
	if err != nil {
		return err.Error()
	}
	if len(all) == 0 {
		return "no method has a rule"
	}
	owners := map[string]protoreflect.MethodDescriptor{}
	for _, method := range methods {
		owners[defaultRoute(method)] = method
	}
	taken := map[string]binding{}
	for _, b := range all {
		verb, path := b.pattern()
		read, err := parseTemplate(path)
		if err != nil {
			continue // HTTP-RULE-004 says so
		}
		route := verb + " " + read.route()
		if owner, isDefault := owners[route]; isDefault && owner != b.method {
			return fmt.Sprintf("%s has the default route of %s", b.named(), owner.FullName())
		}
		if first, twice := taken[route]; twice {
			return fmt.Sprintf("%s and %s have one route", first.named(), b.named())
		}
		taken[route] = b
	}
	return ""
}

// defaultRoute is where a method is served without a rule (HTTP-RULE-001).
func defaultRoute(method protoreflect.MethodDescriptor) string {
	return fmt.Sprintf("POST /%s/%s", method.Parent().FullName(), method.Name())
}
