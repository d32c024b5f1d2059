package descriptor

import (
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// maxKey is the longest entity key in bytes. It stands in every message of its
// stream and in every key of the store.
const maxKey = 16 << 10

// Key returns the entity key that the request carries. Nothing else of the
// request is decoded, and its bytes are not kept. An error has the kind
// fault.Invalid: the bytes are no message, or the key is absent, empty, too long
// or not UTF-8 (CORE-KEY-001, CORE-KEY-003, CORE-KEY-005).
func (m *Method) Key(request []byte) (string, error) {
	value, err := lastString(request, m.key)
	switch {
	case err != nil:
		return "", fault.New(fault.Invalid, "the request is not a %s: %w", m.message, err)
	case len(value) == 0:
		return "", fault.New(fault.Invalid, "the request names no entity: set field %q of %s", m.field, m.message)
	case len(value) > maxKey:
		return "", fault.New(fault.Invalid, "field %q of %s has %d bytes, and an entity key may have %d", m.field, m.message, len(value), maxKey)
	case !utf8.Valid(value):
		return "", fault.New(fault.Invalid, "field %q of %s is not valid UTF-8", m.field, m.message)
	}
	return string(value), nil
}

// lastString scans a message for the length-delimited field and returns its
// last value, as protobuf rules for a singular field; nil when it is absent.
// The value is a part of message. A field of that number in another wire
// format is an unknown field, and skipped.
func lastString(message []byte, field protowire.Number) ([]byte, error) {
	var last []byte
	for len(message) > 0 {
		number, format, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		message = message[n:]
		if number == field && format == protowire.BytesType {
			value, n := protowire.ConsumeBytes(message)
			if n < 0 {
				return nil, protowire.ParseError(n)
			}
			last, message = value, message[n:]
			continue
		}
		n = protowire.ConsumeFieldValue(number, format, message)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		message = message[n:]
	}
	return last, nil
}

// isKey reports whether one of the options stands on the field and is true.
// The options are read from the bytes by number: a name proves nothing, and
// the process may know other options by the same number.
func isKey(field protoreflect.FieldDescriptor, options []protowire.Number) bool {
	unknown := field.Options().ProtoReflect().GetUnknown()
	var set bool
	for len(unknown) > 0 {
		number, format, n := protowire.ConsumeTag(unknown)
		if n < 0 {
			return false
		}
		value := unknown[n:]
		length := protowire.ConsumeFieldValue(number, format, value)
		if length < 0 {
			return false
		}
		if format == protowire.VarintType && slices.Contains(options, number) {
			bit, _ := protowire.ConsumeVarint(value)
			set = bit != 0
		}
		unknown = value[length:]
	}
	return set
}
