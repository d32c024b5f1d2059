package httprule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// template is a path template of the grammar of the chapter on HTTP.
type template struct {
	// segments are those of the path, where a variable's are in its place: "*", "**"
	// or a literal.
	segments []string
	// verb is what stands behind the last ":"; empty when nothing does.
	verb string
	// variables are the field paths, in order.
	variables []string
}

// route is the template as two routes are compared: without its variables' names.
func (t *template) route() string {
	text := "/" + strings.Join(t.segments, "/")
	if t.verb != "" {
		text += ":" + t.verb
	}
	return text
}

// parseTemplate reads a path template; the error says what of the grammar it breaks.
func parseTemplate(text string) (*template, error) {
	rest, found := strings.CutPrefix(text, "/")
	if !found {
		return nil, errors.New("it does not begin with /")
	}
	t := &template{}
	for {
		segment, after, err := nextSegment(rest)
		if err != nil {
			return nil, err
		}
		if err := t.add(segment); err != nil {
			return nil, err
		}
		switch {
		case after == "":
			return t, t.checkStars()
		case after[0] == ':':
			t.verb = after[1:]
			if err := literal(t.verb); err != nil {
				return nil, fmt.Errorf("its verb: %w", err)
			}
			return t, t.checkStars()
		default: // a slash
			rest = after[1:]
		}
	}
}

// nextSegment cuts off the first segment of a path: up to a slash or a verb, neither
// inside of a variable.
func nextSegment(path string) (segment, after string, err error) {
	if strings.HasPrefix(path, "{") {
		end := strings.Index(path, "}")
		if end < 0 {
			return "", "", errors.New("a { is not closed")
		}
		segment, after = path[:end+1], path[end+1:]
		if after != "" && after[0] != '/' && after[0] != ':' {
			return "", "", fmt.Errorf("%q stands behind a variable", after)
		}
		return segment, after, nil
	}
	end := strings.IndexAny(path, "/:")
	if end < 0 {
		return path, "", nil
	}
	return path[:end], path[end:], nil
}

// add adds one segment, or those of a variable.
func (t *template) add(segment string) error {
	inner, isVariable := strings.CutPrefix(segment, "{")
	if !isVariable {
		return t.addPlain(segment)
	}
	field, segments, given := strings.Cut(strings.TrimSuffix(inner, "}"), "=")
	if !given {
		segments = "*"
	}
	for name := range strings.SplitSeq(field, ".") {
		if !protoreflect.Name(name).IsValid() {
			return fmt.Errorf("%q names no field", field)
		}
	}
	t.variables = append(t.variables, field)
	for plain := range strings.SplitSeq(segments, "/") {
		if err := t.addPlain(plain); err != nil {
			return err
		}
	}
	return nil
}

func (t *template) addPlain(segment string) error {
	if segment != "*" && segment != "**" {
		if err := literal(segment); err != nil {
			return err
		}
	}
	t.segments = append(t.segments, segment)
	return nil
}

// checkStars wants ** at the end alone.
func (t *template) checkStars() error {
	if slices.Contains(t.segments[:len(t.segments)-1], "**") {
		return errors.New("** is not its last segment")
	}
	return nil
}

// literal says why a text is none.
func literal(text string) error {
	switch {
	case text == "":
		return errors.New("a segment is empty")
	case strings.ContainsAny(text, "/:*{}?#"):
		return fmt.Errorf("%q holds one of / : * { } ? #", text)
	default:
		return nil
	}
}
