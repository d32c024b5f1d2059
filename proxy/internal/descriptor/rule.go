package descriptor

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/route"
)

// httpOption is the number of google.api.http.
const httpOption protowire.Number = 72295728

// ruleReader reads the bindings of one method's rule.
type ruleReader struct {
	*builder

	service string
	own     Binding // what every binding of the method has
}

// read reads the rule from the bytes of the option; empty where the method has none.
func (r *ruleReader) read(bytes []byte) {
	if bytes == nil {
		return
	}
	rule := new(annotations.HttpRule)
	if err := proto.Unmarshal(bytes, rule); err != nil {
		r.wrongf(patternRequirement, "has an option google.api.http that cannot be read (%v): take it from google/api/annotations.proto", err)
		return
	}
	r.binding(rule)
	for _, more := range rule.GetAdditionalBindings() {
		if len(more.GetAdditionalBindings()) > 0 {
			verb, path := pattern(more)
			r.wrongf(nestedRequirement, "has additional_bindings in its additional binding %s %s: write them beside it", verb, path)
		}
		r.binding(more)
	}
}

// binding checks one binding, and notes it where it has no mistake.
func (r *ruleReader) binding(rule *annotations.HttpRule) {
	b := r.own
	b.Verb, b.Path = pattern(rule)
	if !r.pattern(&b, rule) {
		return
	}
	found := len(r.found)
	r.variables(&b)
	r.body(&b, rule.GetBody())
	r.response(&b, rule.GetResponseBody())
	if len(r.found) == found {
		r.bindings = append(r.bindings, &b)
	}
}

// pattern returns the HTTP method and the path of a binding; both are empty where it
// has no pattern.
func pattern(rule *annotations.HttpRule) (verb, path string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", p.Get
	case *annotations.HttpRule_Put:
		return "PUT", p.Put
	case *annotations.HttpRule_Post:
		return "POST", p.Post
	case *annotations.HttpRule_Delete:
		return "DELETE", p.Delete
	case *annotations.HttpRule_Patch:
		return "PATCH", p.Patch
	case *annotations.HttpRule_Custom:
		return p.Custom.GetKind(), p.Custom.GetPath()
	default:
		return "", ""
	}
}

// pattern checks the HTTP method and the path (HTTP-RULE-004).
func (r *ruleReader) pattern(b *Binding, rule *annotations.HttpRule) bool {
	if rule.GetPattern() == nil {
		r.wrongf(patternRequirement, "has a binding without a pattern: give it get, put, post, delete, patch or custom")
		return false
	}
	if !isToken(b.Verb) {
		r.wrongf(patternRequirement, "has the custom pattern %q %s, whose kind is no HTTP method: give it one, such as HEAD", b.Verb, b.Path)
		return false
	}
	var err error
	if b.template, err = route.Parse(b.Path); err != nil {
		r.wrongf(patternRequirement, "has the route %s %s, and %q is no path template: %v", b.Verb, b.Path, b.Path, err)
		return false
	}
	return true
}

// isToken reports whether the text is a token of HTTP other than *.
func isToken(text string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	return text != "" && text != "*" && !strings.ContainsFunc(text, func(c rune) bool {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune(marks, c)
	})
}

// variables finds the fields of the variables (HTTP-RULE-005).
func (r *ruleReader) variables(b *Binding) {
	names := b.template.Variables()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			r.wrongf(variableRequirement, "has the route %s %s, in which the variable {%s} stands twice: leave one", b.Verb, b.Path, name)
			continue
		}
		path, err := variable(b.Input, name)
		if err != nil {
			r.wrongf(variableRequirement, "has the route %s %s, and its variable {%s} can hold no text: %v", b.Verb, b.Path, name, err)
			continue
		}
		b.Variables = append(b.Variables, path)
	}
}

// variable finds a singular field of a text type in the message.
func variable(message protoreflect.MessageDescriptor, name string) (FieldPath, error) {
	var path FieldPath
	for part := range strings.SplitSeq(name, ".") {
		if message == nil {
			return nil, fmt.Errorf("the field %q is no message", path.Last().FullName())
		}
		field := message.Fields().ByName(protoreflect.Name(part))
		if field == nil {
			return nil, fmt.Errorf("the message %q has no field %q", message.FullName(), part)
		}
		if field.Cardinality() == protoreflect.Repeated {
			return nil, fmt.Errorf("the field %q is repeated", field.FullName())
		}
		path, message = append(path, field), field.Message()
	}
	if !IsText(path.Last()) {
		return nil, fmt.Errorf("the field %q is a %s, which no text writes", path.Last().FullName(), message.FullName())
	}
	return path, nil
}

// body finds what the request's body is (HTTP-RULE-006).
func (r *ruleReader) body(b *Binding, body string) {
	if body == "" || body == "*" {
		b.Body.Whole = body == "*"
		return
	}
	b.Body.Field = b.Input.Fields().ByName(protoreflect.Name(body))
	if b.Body.Field == nil {
		r.wrongf(bodyRequirement, "has the route %s %s with the body %q, and the message %q has no such field: name one of its fields, or *",
			b.Verb, b.Path, body, b.Input.FullName())
		return
	}
	for _, name := range b.template.Variables() {
		if first, _, _ := strings.Cut(name, "."); first == body {
			r.wrongf(bodyRequirement, "has the route %s %s, whose variable {%s} is in the body %q: give the body another field, or *",
				b.Verb, b.Path, name, body)
			return
		}
	}
}

// response finds what the response's body is (HTTP-RULE-007).
func (r *ruleReader) response(b *Binding, body string) {
	if body == "" {
		return
	}
	b.Response = b.Output.Fields().ByName(protoreflect.Name(body))
	if b.Response == nil {
		r.wrongf(responseRequirement, "has the route %s %s with the response_body %q, and the message %q has no such field: name one of its fields, or leave it out",
			b.Verb, b.Path, body, b.Output.FullName())
	}
}

// wrongf notes a mistake of the method (HTTP-RULE-010), whose name stands before the text.
func (r *ruleReader) wrongf(requirement, format string, args ...any) {
	r.mistakef(requirement, r.service, placesOf(r.own.declared),
		"the method %q "+format, append([]any{r.own.declared.FullName()}, args...)...)
}
