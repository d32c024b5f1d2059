package transcode

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// mistake is what is wrong with one value of a message, and where it stands in it.
type mistake struct {
	// where is the path of the field, such as "items[3].name"; empty for the whole.
	where string
	text  string
}

// Error names the field, and says what is wrong.
func (m *mistake) Error() string {
	if m.where == "" {
		return m.text
	}
	return fmt.Sprintf("the field %q: %s", m.where, m.text)
}

// wrong returns a mistake in the value that is read.
func wrong(format string, args ...any) error { return &mistake{text: fmt.Sprintf(format, args...)} }

// within says that the mistake stands in a step of what is read: ".name" of a message,
// "[3]" of a list.
func within(step string, err error) error {
	m, ok := errors.AsType[*mistake](err)
	if !ok {
		return err
	}
	where := step + m.where
	if m.where != "" && m.where[0] != '[' {
		where = step + "." + m.where
	}
	return &mistake{where: strings.TrimPrefix(where, "."), text: m.text}
}

// longestExcerpt is how many bytes of a wrong value an error repeats.
const longestExcerpt = 40

// excerpt quotes a wrong value, cut where it is long.
func excerpt(text string) string {
	if len(text) > longestExcerpt {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(text[:longestExcerpt], ""))
	}
	return fmt.Sprintf("%q", text)
}

// placed is what is wrong with a field of a response. The innermost one is named alone:
// there may be thousands around it.
type placed struct {
	field protoreflect.FullName
	err   error
}

// Error names the field, and says what is wrong.
func (p *placed) Error() string { return fmt.Sprintf("%s: %v", p.field, p.err) }

// Unwrap returns what is wrong.
func (p *placed) Unwrap() error { return p.err }

// at says in which field the error is, where it does not say so itself; nil stays nil.
func at(field protoreflect.FieldDescriptor, err error) error {
	if _, is := errors.AsType[*placed](err); is || err == nil {
		return err
	}
	return &placed{field: field.FullName(), err: err}
}
