package transcode

import (
	"fmt"
	"net/http"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// variable sets a field to the text that the path has for it. What the body gives the
// field has to be the same, or its default (HTTP-REQ-004).
func (r *request) variable(path descriptor.FieldPath, text string) error {
	field := path.Last()
	m, err := r.reach(path)
	if err != nil {
		return Refuse(http.StatusBadRequest, "the path's field %q: %v", path, err)
	}
	given, isGiven := m.Get(field), m.Has(field) && !isDefault(field, m.Get(field))
	value, ok := parseText(field, text, func() protoreflect.Value { return m.NewField(field) })
	switch {
	case !ok:
		return Refuse(http.StatusBadRequest, "the path's field %q: %s is no %s", path, excerpt(text), typeName(field))
	case isGiven && !given.Equal(value):
		return Refuse(http.StatusBadRequest, "the field %q is %s in the path, and has another value in the body: leave it out there", path, excerpt(text))
	}
	m.Set(field, value)
	return nil
}

// set sets a field to the text, or appends it where the field is repeated.
func (r *request) set(path descriptor.FieldPath, text string) error {
	field := path.Last()
	m, err := r.reach(path)
	if err != nil {
		return err
	}
	blank := func() protoreflect.Value { return m.NewField(field) }
	if field.IsList() {
		blank = m.Mutable(field).List().NewElement
	}
	value, ok := parseText(field, text, blank)
	switch {
	case !ok:
		return fmt.Errorf("%s is no %s", excerpt(text), typeName(field))
	case field.IsList():
		m.Mutable(field).List().Append(value)
	default:
		m.Set(field, value)
	}
	return nil
}

// reach returns the message that has the last field of the path, and wants no oneof on
// the way to have another case.
func (r *request) reach(path descriptor.FieldPath) (protoreflect.Message, error) {
	m := r.message
	for i, field := range path {
		if oneof := field.ContainingOneof(); oneof != nil {
			if other := m.WhichOneof(oneof); other != nil && other != field {
				return nil, fmt.Errorf("the oneof %q has a value already, of %q", oneof.Name(), other.Name())
			}
		}
		if i < len(path)-1 {
			m = m.Mutable(field).Message()
		}
	}
	return m, nil
}

// isDefault reports whether the value is what the field has when nothing sets it.
func isDefault(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
	if field.Message() == nil {
		return value.Equal(field.Default())
	}
	empty := true
	value.Message().Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool {
		empty = false
		return false
	})
	return empty
}

// parseText reads the value of a field of a text type; blank makes a message.
func parseText(field protoreflect.FieldDescriptor, text string, blank func() protoreflect.Value) (protoreflect.Value, bool) {
	if field.Message() == nil {
		return scalar(field, text)
	}
	value := blank()
	return value, fill(value.Message(), text)
}
