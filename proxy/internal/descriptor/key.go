package descriptor

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// MaxKey is the longest entity key in bytes. It stands in every message of its
// stream and in every key of the store.
const MaxKey = 16 << 10

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
	case len(value) > MaxKey:
		return "", fault.New(fault.Invalid, "field %q of %s has %d bytes, and an entity key may have %d", m.field, m.message, len(value), MaxKey)
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
