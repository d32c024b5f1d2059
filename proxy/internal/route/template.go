// Package route finds the one route that a request by HTTP takes: path templates,
// and the table of them.
package route

import (
	"errors"
	"fmt"
	"strings"
)

// kind is what a segment of a template matches.
type kind uint8

const (
	literal kind = iota // a segment that is equal to it
	one                 // any segment that is not empty: *
	rest                // what is left, nothing included: **
)

// segment is one part of a template.
type segment struct {
	kind kind
	text string // of a literal, decoded
}

// Template is a path template of google.api.http.
type Template struct {
	segments  []segment
	verb      string // decoded; empty where there is none
	variables []variable
	names     []string
	canonical string
}

// variable says which segments of a path are its value.
type variable struct {
	first, end int
	// single says that its template is the one segment *: its value is decoded whole
	// (HTTP-PATH-005).
	single bool
}

// Parse reads a path template. The error says what of the grammar it breaks, for a
// person.
func Parse(text string) (Template, error) {
	var t Template
	remaining, ok := strings.CutPrefix(text, "/")
	if !ok {
		return Template{}, errors.New("it does not begin with /")
	}
	for {
		part, behind, err := cut(remaining)
		if err != nil {
			return Template{}, err
		}
		if err := t.add(part); err != nil {
			return Template{}, err
		}
		next, more := strings.CutPrefix(behind, "/")
		if !more {
			return t, t.finish(behind)
		}
		remaining = next
	}
}

// cut takes the first segment off: up to a slash or a colon outside of a variable.
func cut(text string) (part, behind string, err error) {
	if !strings.HasPrefix(text, "{") {
		end := strings.IndexAny(text, "/:")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return "", "", fmt.Errorf("the variable %q is not closed: put a } behind it", text)
	}
	part, behind = text[:end+1], text[end+1:]
	if behind != "" && behind[0] != '/' && behind[0] != ':' {
		return "", "", fmt.Errorf("%q stands behind the variable %s: a variable is a whole segment", behind, part)
	}
	return part, behind, nil
}

// add takes one segment, or those of a variable.
func (t *Template) add(part string) error {
	inner, isVariable := strings.CutPrefix(part, "{")
	if !isVariable {
		return t.segment(part)
	}
	name, pattern, given := strings.Cut(strings.TrimSuffix(inner, "}"), "=")
	if !given {
		pattern = "*"
	}
	if err := checkPath(name); err != nil {
		return err
	}
	v := variable{first: len(t.segments), single: pattern == "*"}
	for part := range strings.SplitSeq(pattern, "/") {
		if err := t.segment(part); err != nil {
			return err
		}
	}
	v.end = len(t.segments)
	t.variables = append(t.variables, v)
	t.names = append(t.names, name)
	return nil
}

// segment takes one segment that is no variable.
func (t *Template) segment(text string) error {
	if len(t.segments) > 0 && t.segments[len(t.segments)-1].kind == rest {
		return errors.New("** is not its last segment")
	}
	s := segment{}
	switch text {
	case "*":
		s.kind = one
	case "**":
		s.kind = rest
	default:
		if err := checkLiteral(text); err != nil {
			return err
		}
		s.text = decoded(text)
	}
	t.segments = append(t.segments, s)
	t.canonical += "/" + text
	return nil
}

// finish takes what stands behind the last segment: nothing, or a verb.
func (t *Template) finish(behind string) error {
	verb, given := strings.CutPrefix(behind, ":")
	if !given {
		return nil
	}
	if err := checkLiteral(verb); err != nil {
		return fmt.Errorf("its verb: %w", err)
	}
	t.verb = decoded(verb)
	t.canonical += behind
	return nil
}

// checkPath wants a field path: names joined by dots.
func checkPath(path string) error {
	for name := range strings.SplitSeq(path, ".") {
		for i, c := range []byte(name) {
			letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			if digit := '0' <= c && c <= '9'; !letter && (!digit || i == 0) {
				return fmt.Errorf("%q is no field path: write names of fields, joined by dots", path)
			}
		}
		if name == "" {
			return fmt.Errorf("%q is no field path: a name in it is empty", path)
		}
	}
	return nil
}

func checkLiteral(text string) error {
	switch {
	case text == "":
		return errors.New("a segment is empty")
	case strings.ContainsAny(text, "/:*{}?#"):
		return fmt.Errorf("%q holds one of / : * { } ? #, which no literal may", text)
	}
	return nil
}

// decoded decodes a literal. One that is no percent-encoding stands for itself.
func decoded(text string) string {
	if checkEncoding(text) != nil {
		return text
	}
	return decode(text)
}

// Variables returns the field path of each variable, in their order. The caller does
// not change them.
func (t *Template) Variables() []string { return t.names }

// String returns the template with each variable written as what it matches. Two
// templates are the same when their strings are equal (HTTP-RULE-009).
func (t *Template) String() string { return t.canonical }

// rank orders the templates that match one path, as bytes: a literal, or the
// template's end, before *, and each of these before **; then one with a verb before
// one without (HTTP-PATH-003). Of two such templates neither is the other's beginning:
// where one ends and the other does not, the other goes on with **.
func (t *Template) rank() string {
	rank := make([]byte, 0, len(t.segments)+2)
	for _, s := range t.segments {
		rank = append(rank, byte(s.kind))
	}
	rank = append(rank, byte(literal)) // the end
	if t.verb == "" {
		return string(append(rank, 1))
	}
	return string(append(rank, 0))
}
