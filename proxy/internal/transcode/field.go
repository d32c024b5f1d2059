package transcode

import (
	"bytes"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// variable sets a field to the text that the path has for it. What the body gives the
// field has to be the same, or its default (HTTP-REQ-004).
func (r *request) variable(path descriptor.FieldPath, text string) error {
	field := path.Last()
	d, err := r.reach(path)
	if err != nil {
		return Refuse(http.StatusBadRequest, "the path's field %q: %v", path, err)
	}
	given := d.value(field)
	if !d.setText(field, text) {
		return Refuse(http.StatusBadRequest, "the path's field %q: %s is no %s", path, excerpt(text), typeName(field))
	}
	if !isDefault(field, given) && !bytes.Equal(given, d.value(field)) {
		return Refuse(http.StatusBadRequest, "the field %q is %s in the path, and has another value in the body: leave it out there", path, excerpt(text))
	}
	return nil
}

// set sets a field to the text of a parameter, or appends it where the field is repeated.
func (r *request) set(path descriptor.FieldPath, text string) error {
	d, err := r.reach(path)
	if err == nil && !d.setText(path.Last(), text) {
		err = fmt.Errorf("%s is no %s", excerpt(text), typeName(path.Last()))
	}
	return err
}

// reach returns the message that has the last field of the path, and wants no oneof on
// the way to have another case.
func (r *request) reach(path descriptor.FieldPath) (*draft, error) {
	d := r.draft
	for i, field := range path {
		if rival := d.rival(field); rival != nil {
			return nil, fmt.Errorf("the oneof %q has a value already, of %q", field.ContainingOneof().Name(), rival.Name())
		}
		if i < len(path)-1 {
			d = d.open(field)
		}
	}
	return d, nil
}

// isDefault reports whether the value, as [draft.value] gives it, is what the field has
// when nothing sets it.
func isDefault(field protoreflect.FieldDescriptor, value []byte) bool {
	if len(value) == 0 || field.Message() != nil {
		return len(value) == 0
	}
	return bytes.Equal(value, appendSingle(nil, field, field.Number(), field.Default()))
}
