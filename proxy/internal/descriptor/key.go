package descriptor

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// MaxKey is the longest entity key in bytes. It stands in every message of its
// stream and in every key of the store.
const MaxKey = 16 << 10

// usualKey is how many key fields a message may have without a cost of their own.
const usualKey = 4

// key says how the requests of one message name their entity.
type key struct {
	message protoreflect.FullName
	// fields are those of the key, in the order in which they are joined; one at
	// least.
	fields []keyField
	// separator stands between the texts of several fields.
	separator byte
	// exact says that no two requests with different keys name one entity: what the
	// texts hold of the separator is escaped, and no string is empty (DISC-KEY-006,
	// DISC-KEY-007). Cloudstate's keys are not exact (DIA-KEY-003).
	exact bool
}

// Key returns the entity key that the request carries; empty for an action's
// request, which has none. Nothing else of the request is decoded, and its bytes are
// not kept. An error has the kind fault.Invalid: the bytes are no message, or the key
// is absent, empty, too long or not UTF-8 (CORE-KEY-001, CORE-KEY-003, CORE-KEY-005).
func (m *Method) Key(request []byte) (string, error) {
	if m.key == nil {
		return "", nil
	}
	return m.key.of(request)
}

func (k *key) of(request []byte) (string, error) {
	var usual [usualKey]keyValue
	values := usual[:]
	if len(k.fields) > len(values) {
		values = make([]keyValue, len(k.fields))
	}
	values = values[:len(k.fields)]
	if err := k.scan(request, values); err != nil {
		return "", fault.New(fault.Invalid, "the request is not a %s: %w", k.message, err)
	}
	size, err := k.measure(values)
	if err != nil {
		return "", err
	}
	if len(k.fields) == 1 && k.fields[0].kind == protoreflect.StringKind {
		return string(values[0].text), nil
	}
	return k.join(values, size), nil
}

// scan notes the last value of each key field, as protobuf rules for a singular
// field. Texts are parts of message. A field of the right number in another wire
// format is an unknown one, and skipped.
func (k *key) scan(message []byte, values []keyValue) error {
	for len(message) > 0 {
		number, format, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		n = protowire.ConsumeFieldValue(number, format, message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		for i := range k.fields {
			k.fields[i].note(&values[i], number, format, message[:n])
		}
		message = message[n:]
	}
	return nil
}

// measure checks the values, and returns how many bytes the key has.
func (k *key) measure(values []keyValue) (int, error) {
	size := len(k.fields) - 1
	for i := range k.fields {
		field := &k.fields[i]
		switch text := values[i].text; {
		case field.kind != protoreflect.StringKind:
			size += field.numberSize(values[i])
		case len(text) == 0 && k.exact:
			return 0, k.absent()
		case !utf8.Valid(text):
			return 0, fault.New(fault.Invalid, "field %q of %s is not valid UTF-8", field.name, k.message)
		default:
			size += len(text) + k.escapes(text)
		}
	}
	switch {
	case size == 0:
		return 0, k.absent()
	case size > MaxKey:
		return 0, fault.New(fault.Invalid, "the key in %s of %s has %d bytes, and an entity key may have %d", k.names(), k.message, size, MaxKey)
	}
	return size, nil
}

// join makes the key of so many bytes out of the values.
func (k *key) join(values []keyValue, size int) string {
	var b strings.Builder
	b.Grow(size)
	for i := range k.fields {
		if i > 0 {
			b.WriteByte(k.separator)
		}
		if k.fields[i].kind == protoreflect.StringKind {
			k.escape(&b, values[i].text)
		} else {
			k.fields[i].writeNumber(&b, values[i])
		}
	}
	return b.String()
}

// escapes returns how many bytes the text grows by.
func (k *key) escapes(text []byte) int {
	if !k.exact || len(k.fields) == 1 {
		return 0
	}
	grown := 0
	for _, c := range text {
		if c == '%' || c == k.separator {
			grown += len("%25") - 1
		}
	}
	return grown
}

// escape writes the text so that nothing in it looks like the separator.
func (k *key) escape(b *strings.Builder, text []byte) {
	if k.escapes(text) == 0 {
		b.Write(text)
		return
	}
	for _, c := range text {
		switch c {
		case '%':
			b.WriteString("%25")
		case k.separator:
			b.WriteString("%2F")
		default:
			b.WriteByte(c)
		}
	}
}

// absent is the error of a request that names no entity.
func (k *key) absent() error {
	return fault.New(fault.Invalid, "the request names no entity: set %s of %s", k.names(), k.message)
}

// names returns the fields of the key, for people.
func (k *key) names() string {
	var b strings.Builder
	for i, field := range k.fields {
		if i > 0 {
			b.WriteString(" and ")
		}
		b.WriteString(`field "` + string(field.name) + `"`)
	}
	return b.String()
}
