package transcode

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// resolver finds the types of what a google.protobuf.Any holds, and extensions.
type resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// printer prints messages as JSON, always in the same way (HTTP-JSON-002).
type printer struct {
	out   []byte
	types resolver
	known glossary
	held  int // how many Anys are being printed, one in the other
}

// newPrinter returns a printer that appends to the bytes.
func newPrinter(to []byte, types resolver) *printer {
	return &printer{out: to, types: types, known: glossary{}}
}

// message prints a message.
func (p *printer) message(m protoreflect.Message) error {
	fields := m.Descriptor().Fields()
	switch known := p.known.of(m.Descriptor()); known {
	case anything:
		return p.any(m)
	case timestamp, duration, fieldMask:
		text, err := known.print(m)
		p.out = append(p.out, text...)
		return err
	case wrapper:
		field := fields.ByNumber(wrapped)
		return p.single(field, m.Get(field))
	case object, list:
		field := fields.ByNumber(entriesField)
		return p.field(field, m.Get(field))
	case dynamic:
		return p.value(m)
	default:
		p.out = append(p.out, '{')
		err := p.fields(m, false)
		p.out = append(p.out, '}')
		return err
	}
}

// fields prints the members of a message's object, without its braces; more says that
// others stand before them.
func (p *printer) fields(m protoreflect.Message, more bool) error {
	for field := range byNumber(m) {
		if !m.Has(field) && field.HasPresence() {
			continue
		}
		if more {
			p.out = append(p.out, ',')
		}
		more = true
		p.out = append(p.out, '"') // no name holds what JSON would escape
		p.out = append(p.out, nameOf(field)...)
		p.out = append(p.out, '"', ':')
		if err := p.field(field, m.Get(field)); err != nil {
			return fmt.Errorf("%s: %w", field.Name(), err)
		}
	}
	return nil
}

// nameOf returns the name of the field in JSON.
func nameOf(field protoreflect.FieldDescriptor) string {
	if field.IsExtension() {
		return "[" + string(field.FullName()) + "]"
	}
	return field.JSONName()
}

// field prints the value of a field.
func (p *printer) field(field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch {
	case field.IsMap():
		return p.entries(field, value.Map())
	case field.IsList():
		return p.elements(field, value.List())
	default:
		return p.single(field, value)
	}
}

func (p *printer) elements(field protoreflect.FieldDescriptor, list protoreflect.List) error {
	p.out = append(p.out, '[')
	for i := range list.Len() {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		if err := p.single(field, list.Get(i)); err != nil {
			return err
		}
	}
	p.out = append(p.out, ']')
	return nil
}

func (p *printer) entries(field protoreflect.FieldDescriptor, entries protoreflect.Map) error {
	p.out = append(p.out, '{')
	for i, key := range sortedKeys(entries) {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		text := key.String()
		if !utf8.ValidString(text) {
			return errNotUTF8
		}
		p.out = append(appendString(p.out, text), ':')
		if err := p.single(field.MapValue(), entries.Get(key)); err != nil {
			return err
		}
	}
	p.out = append(p.out, '}')
	return nil
}

// value prints a google.protobuf.Value.
func (p *printer) value(m protoreflect.Message) error {
	set := m.WhichOneof(m.Descriptor().Fields().ByNumber(nullField).ContainingOneof())
	if set == nil {
		return errors.New("a google.protobuf.Value has no value")
	}
	value := m.Get(set)
	switch set.Number() {
	case nullField:
		p.out = append(p.out, "null"...)
		return nil
	case numberField:
		if n := value.Float(); math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("a google.protobuf.Value has the number %v", n)
		}
	}
	return p.single(set, value)
}

// errNotUTF8 says that a string has bytes that JSON cannot hold.
var errNotUTF8 = errors.New("the string is not UTF-8")

// single prints one value of the field's type.
func (p *printer) single(field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return p.message(value.Message())
	case protoreflect.BoolKind:
		p.out = strconv.AppendBool(p.out, value.Bool())
	case protoreflect.StringKind:
		if !utf8.ValidString(value.String()) {
			return errNotUTF8
		}
		p.out = appendString(p.out, value.String())
	case protoreflect.BytesKind:
		p.out = append(p.out, '"')
		p.out = base64.StdEncoding.AppendEncode(p.out, value.Bytes())
		p.out = append(p.out, '"')
	case protoreflect.EnumKind:
		p.enum(field, value.Enum())
	case protoreflect.FloatKind:
		p.out = appendFloat(p.out, value.Float(), 32)
	case protoreflect.DoubleKind:
		p.out = appendFloat(p.out, value.Float(), 64)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		p.out = strconv.AppendInt(p.out, value.Int(), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		p.out = strconv.AppendUint(p.out, value.Uint(), 10)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		p.out = append(strconv.AppendUint(append(p.out, '"'), value.Uint(), 10), '"')
	default: // the 64-bit ones with a sign
		p.out = append(strconv.AppendInt(append(p.out, '"'), value.Int(), 10), '"')
	}
	return nil
}

// enum prints an enum by its name, or its number where that has none.
func (p *printer) enum(field protoreflect.FieldDescriptor, number protoreflect.EnumNumber) {
	value := field.Enum().Values().ByNumber(number)
	switch {
	case isNull(field):
		p.out = append(p.out, "null"...)
	case value == nil:
		p.out = strconv.AppendInt(p.out, int64(number), 10)
	default:
		p.out = appendString(p.out, string(value.Name()))
	}
}

// appendFloat appends the shortest number that reads as the same one.
func appendFloat(to []byte, n float64, bits int) []byte {
	switch {
	case math.IsNaN(n):
		return append(to, `"NaN"`...)
	case math.IsInf(n, 1):
		return append(to, `"Infinity"`...)
	case math.IsInf(n, -1):
		return append(to, `"-Infinity"`...)
	}
	const least, most = 1e-6, 1e21 // between them there is no exponent
	abs := math.Abs(n)
	if abs == 0 || abs < most && (abs >= least || bits == 32 && float32(abs) >= least) {
		return strconv.AppendFloat(to, n, 'f', -1, bits)
	}
	to = strconv.AppendFloat(to, n, 'e', -1, bits)
	if end := len(to) - len("e-09"); to[end] == 'e' && to[end+1] == '-' && to[end+2] == '0' {
		to = append(to[:end+2], to[end+3])
	}
	return to
}

// appendString appends a text as a string of JSON.
func appendString(to []byte, text string) []byte {
	const digits = "0123456789abcdef"
	to = append(to, '"')
	begin := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[begin:i]...)
		begin = i + 1
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\b':
			to = append(to, '\\', 'b')
		case '\f':
			to = append(to, '\\', 'f')
		case '\n':
			to = append(to, '\\', 'n')
		case '\r':
			to = append(to, '\\', 'r')
		case '\t':
			to = append(to, '\\', 't')
		default:
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	return append(append(to, text[begin:]...), '"')
}
