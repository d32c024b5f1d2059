package transcode

import (
	"encoding/base64"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// scalar reads the value of a field that is no message from its text: its JSON without
// the quotes, where those of a number do not count.
func scalar(field protoreflect.FieldDescriptor, text string) (value protoreflect.Value, ok bool) {
	const small, large = 32, 64
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(text == "true"), text == "true" || text == "false"
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), true
	case protoreflect.BytesKind:
		bytes, ok := parseBytes(text)
		return protoreflect.ValueOfBytes(bytes), ok
	case protoreflect.EnumKind:
		number, ok := parseEnum(field.Enum(), text)
		return protoreflect.ValueOfEnum(number), ok
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		n, ok := parseInt(text, small)
		return protoreflect.ValueOfInt32(int32(n)), ok
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		n, ok := parseInt(text, large)
		return protoreflect.ValueOfInt64(n), ok
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		n, ok := parseUint(text, small)
		return protoreflect.ValueOfUint32(uint32(n)), ok
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		n, ok := parseUint(text, large)
		return protoreflect.ValueOfUint64(n), ok
	case protoreflect.FloatKind:
		n, ok := parseFloat(text, small)
		return protoreflect.ValueOfFloat32(float32(n)), ok
	case protoreflect.DoubleKind:
		n, ok := parseFloat(text, large)
		return protoreflect.ValueOfFloat64(n), ok
	default: // a message
		return protoreflect.Value{}, false
	}
}

// parseBytes reads base64 of either alphabet, with its padding or without.
func parseBytes(text string) ([]byte, bool) {
	encoding := base64.StdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.URLEncoding
	}
	if len(text)%4 != 0 {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	bytes, err := encoding.DecodeString(text)
	return bytes, err == nil
}

// parseEnum reads an enum by name or number.
func parseEnum(enum protoreflect.EnumDescriptor, text string) (protoreflect.EnumNumber, bool) {
	if value := enum.Values().ByName(protoreflect.Name(text)); value != nil {
		return value.Number(), true
	}
	n, ok := parseInt(text, 32)
	return protoreflect.EnumNumber(n), ok
}

// fill reads the text of a message of a text type into it.
func (d *draft) fill(text string) bool {
	switch known := knownOf(d.of); known {
	case wrapper:
		return d.setText(d.of.Fields().ByNumber(wrapped), text)
	case timestamp, duration, fieldMask:
		return known.parse(d, text)
	default:
		return false
	}
}

// setText sets the field, which is of a text type, to the text, or appends it where the
// field is repeated.
func (d *draft) setText(field protoreflect.FieldDescriptor, text string) bool {
	if field.Message() == nil {
		value, ok := scalar(field, text)
		switch {
		case !ok:
		case field.IsList():
			d.grown(field).add(value)
		default:
			d.set(field, value)
		}
		return ok
	}
	held := &draft{of: field.Message()}
	ok := held.fill(text)
	switch {
	case !ok:
	case field.IsList():
		d.grown(field).addMessage(held.marshal(nil))
	default:
		d.grown(field).held = held
	}
	return ok
}

// typeName is what a person calls the type of the field.
func typeName(field protoreflect.FieldDescriptor) string {
	switch {
	case field.Message() != nil:
		return string(field.Message().FullName())
	case field.Enum() != nil:
		return string(field.Enum().FullName())
	default:
		return field.Kind().String()
	}
}
