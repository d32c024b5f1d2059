package transcode

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// The limits of a query (HTTP-LIMIT-005).
const (
	mostParameters = 1000
	mostParts      = 32 // of a parameter's name
)

// parameter is one parameter of a query, decoded.
type parameter struct{ name, text string }

// query sets what the parameters of the query set.
func (r *request) query(query string) error {
	parameters, err := parseQuery(query)
	if err != nil {
		return err
	}
	var set []descriptor.FieldPath // the singular fields that have got their value
	for _, p := range parameters {
		path, err := r.parameter(p.name)
		switch {
		case err == nil && path.Last().IsList():
			err = r.set(path, p.text)
		case err == nil && slices.ContainsFunc(set, func(other descriptor.FieldPath) bool { return slices.Equal(other, path) }):
			err = errors.New("it is given twice, and the field takes one value")
		case err == nil:
			set = append(set, path)
			err = r.set(path, p.text)
		}
		if err != nil {
			return Refuse(http.StatusBadRequest, "the parameter %s: %v", excerpt(p.name), err)
		}
	}
	return nil
}

// parameter finds the field of a parameter, and says why the query may not set it
// (HTTP-QUERY-003).
func (r *request) parameter(name string) (descriptor.FieldPath, error) {
	path, err := findField(r.binding.Input, name)
	if err != nil {
		return nil, err
	}
	if body := r.binding.Body; body.Whole || body.Field == path[0] {
		return nil, errors.New("the body sets the field, and the query cannot")
	}
	for _, variable := range r.binding.Variables {
		if shared := min(len(variable), len(path)); slices.Equal(variable[:shared], path[:shared]) {
			return nil, errors.New("the path sets the field, and the query cannot")
		}
	}
	return path, nil
}

// findField finds the field that a parameter names (HTTP-QUERY-001).
func findField(message protoreflect.MessageDescriptor, name string) (descriptor.FieldPath, error) {
	parts := strings.Split(name, ".")
	if len(parts) > mostParts {
		return nil, fmt.Errorf("the name has more than %d parts", mostParts)
	}
	var path descriptor.FieldPath
	for _, part := range parts {
		if len(path) > 0 {
			last := path.Last()
			if message = last.Message(); message == nil || last.Cardinality() == protoreflect.Repeated {
				return nil, fmt.Errorf("the field %q has no fields that a query can set", path)
			}
		}
		field := message.Fields().ByName(protoreflect.Name(part))
		if field == nil {
			field = message.Fields().ByJSONName(part)
		}
		if field == nil {
			return nil, fmt.Errorf("the message %s has no field %s", message.FullName(), excerpt(part))
		}
		path = append(path, field)
	}
	if !descriptor.IsText(path.Last()) {
		return nil, fmt.Errorf("the field %q is a %s, which no query can set", path, path.Last().Message().FullName())
	}
	return path, nil
}

// parseQuery splits a query and decodes its parameters: + is a space, & alone stands
// between them, and one without = has the empty text (HTTP-QUERY-005).
func parseQuery(query string) ([]parameter, error) {
	var parameters []parameter
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		if len(parameters) == mostParameters {
			return nil, Refuse(http.StatusBadRequest, "the query has more than %d parameters", mostParameters)
		}
		name, text, _ := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		text, textErr := url.QueryUnescape(text)
		switch {
		case nameErr != nil || textErr != nil:
			return nil, Refuse(http.StatusBadRequest, "the query cannot be decoded at %s: two hexadecimal digits have to follow each %%", excerpt(part))
		case !utf8.ValidString(name) || !utf8.ValidString(text):
			return nil, Refuse(http.StatusBadRequest, "the query is not UTF-8 at %s", excerpt(part))
		}
		parameters = append(parameters, parameter{name, text})
	}
	return parameters, nil
}
