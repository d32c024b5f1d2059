package transcode

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// draft is a message of a request that is being put together. Values are kept as the
// bytes that they become, so that one costs about what its text does: as a message in
// memory an empty object would cost a hundred times its two bytes.
type draft struct {
	of    protoreflect.MessageDescriptor
	parts []part // of each field that is set, in no order
}

// part is what one field is set to.
type part struct {
	field protoreflect.FieldDescriptor
	// bytes are the field with its tags; of a packed field, its values alone.
	bytes []byte
	// held is the message of a singular field, which can still grow.
	held *draft
}

// part returns the part of the field; nil where nothing has set it.
func (d *draft) part(field protoreflect.FieldDescriptor) *part {
	for i := range d.parts {
		if d.parts[i].field.Number() == field.Number() {
			return &d.parts[i]
		}
	}
	return nil
}

// grown returns the part of the field, which it adds where there is none.
func (d *draft) grown(field protoreflect.FieldDescriptor) *part {
	if found := d.part(field); found != nil {
		return found
	}
	d.parts = append(d.parts, part{field: field})
	return &d.parts[len(d.parts)-1]
}

// rival returns the other case of the field's oneof that is set; nil where none is.
func (d *draft) rival(field protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	oneof := field.ContainingOneof()
	if oneof == nil {
		return nil
	}
	for i := range d.parts {
		if set := d.parts[i].field; set.ContainingOneof() == oneof && set.Number() != field.Number() {
			return set
		}
	}
	return nil
}

// open returns the message of a singular field, which it sets where nothing has.
func (d *draft) open(field protoreflect.FieldDescriptor) *draft {
	p := d.grown(field)
	if p.held == nil {
		p.held = &draft{of: field.Message()}
	}
	return p.held
}

// set sets a singular field that is no message. The default of a field without presence
// is not there (HTTP-REQ-001).
func (d *draft) set(field protoreflect.FieldDescriptor, value protoreflect.Value) {
	p := d.grown(field)
	p.bytes = nil
	if field.HasPresence() || !isZero(field.Kind(), value) {
		p.bytes = appendSingle(nil, field, field.Number(), value)
	}
}

// add appends a value that is no message to a repeated field.
func (p *part) add(value protoreflect.Value) {
	if p.field.IsPacked() {
		p.bytes = appendScalar(p.bytes, p.field.Kind(), value)
		return
	}
	p.bytes = appendSingle(p.bytes, p.field, p.field.Number(), value)
}

// addMessage appends the bytes of a message to a repeated field, or of an entry to a map.
func (p *part) addMessage(message []byte) {
	p.bytes = appendMessage(p.bytes, p.field, p.field.Number(), message)
}

// value returns the bytes that a singular field is set to: a message without its tag. It
// is empty where nothing has set the field, or to an empty message.
func (d *draft) value(field protoreflect.FieldDescriptor) []byte {
	switch p := d.part(field); {
	case p == nil:
		return nil
	case p.held != nil:
		return p.held.marshal(nil)
	default:
		return p.bytes
	}
}

// marshal appends the bytes of the message, its fields in the order of their numbers
// (HTTP-REQ-001).
func (d *draft) marshal(to []byte) []byte {
	slices.SortFunc(d.parts, func(a, b part) int { return cmp.Compare(a.field.Number(), b.field.Number()) })
	for _, p := range d.parts {
		switch {
		case p.held != nil:
			to = appendMessage(to, p.field, p.field.Number(), p.held.marshal(nil))
		case p.field.IsPacked() && len(p.bytes) > 0:
			to = protowire.AppendTag(to, p.field.Number(), protowire.BytesType)
			to = protowire.AppendBytes(to, p.bytes)
		default:
			to = append(to, p.bytes...)
		}
	}
	return to
}

// isZero reports whether the value is the default of a field without presence.
func isZero(kind protoreflect.Kind, value protoreflect.Value) bool {
	switch kind {
	case protoreflect.StringKind:
		return value.String() == ""
	case protoreflect.BytesKind:
		return len(value.Bytes()) == 0
	default:
		for _, b := range appendScalar(nil, kind, value) {
			if b != 0 {
				return false
			}
		}
		return true
	}
}
