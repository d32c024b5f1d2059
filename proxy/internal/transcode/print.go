package transcode

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

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

// message prints the message of the type that the bytes are. They have been validated.
func (p *printer) message(of protoreflect.MessageDescriptor, bytes []byte) error {
	switch known := p.known.of(of); known {
	case anything:
		all := p.read(of, bytes)
		url, held := of.Fields().ByNumber(typeURLField), of.Fields().ByNumber(valueField)
		return p.any(lastOf(url, chunksOf(all, url)).String(), lastOf(held, chunksOf(all, held)).Bytes())
	case timestamp, duration, fieldMask:
		text, err := known.print(bytes)
		p.out = append(p.out, text...)
		return err
	case wrapper, object, list:
		field := of.Fields().ByNumber(entriesField) // or wrapped, which is the same
		return p.field(field, chunksOf(p.read(of, bytes), field))
	case dynamic:
		return p.value(of, p.read(of, bytes))
	default:
		p.out = append(p.out, '{')
		err := p.fields(of, bytes, false)
		p.out = append(p.out, '}')
		return err
	}
}

// fields prints the members of a message's object, without its braces; more says that
// others stand before them.
func (p *printer) fields(of protoreflect.MessageDescriptor, bytes []byte, more bool) error {
	all := p.read(of, bytes)
	for _, field := range byNumber(of, all) {
		chunks := chunksOf(all, field)
		if len(chunks) == 0 && field.HasPresence() {
			continue
		}
		if more {
			p.out = append(p.out, ',')
		}
		more = true
		p.out = append(appendString(p.out, nameOf(field)), ':')
		if err := p.field(field, chunks); err != nil {
			return at(field, err)
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
func (p *printer) field(field protoreflect.FieldDescriptor, chunks []chunk) error {
	switch {
	case field.IsMap():
		return p.entries(field, chunks)
	case field.IsList():
		return p.elements(chunks)
	case field.Message() != nil:
		return p.message(field.Message(), merged(chunks))
	default:
		return p.single(field, lastOf(field, chunks))
	}
}

// elements prints a repeated field.
func (p *printer) elements(chunks []chunk) error {
	p.out = append(p.out, '[')
	more := false
	comma := func() {
		if more {
			p.out = append(p.out, ',')
		}
		more = true
	}
	for _, c := range chunks {
		var err error
		if c.field.Message() != nil {
			comma()
			err = p.message(c.field.Message(), c.bytes)
		} else {
			err = unpack(c, func(value protoreflect.Value) error {
				comma()
				return p.single(c.field, value)
			})
		}
		if err != nil {
			return err
		}
	}
	p.out = append(p.out, ']')
	return nil
}

// entries prints a map: of two entries with one key the last one counts.
func (p *printer) entries(field protoreflect.FieldDescriptor, chunks []chunk) error {
	type entry struct {
		key    protoreflect.MapKey
		chunks []chunk
	}
	keyField, valueField := field.MapKey(), field.MapValue()
	entries, at := []entry{}, map[any]int{}
	for _, c := range chunks {
		all := p.read(field.Message(), c.bytes)
		e := entry{key: lastOf(keyField, chunksOf(all, keyField)).MapKey(), chunks: chunksOf(all, valueField)}
		if i, twice := at[e.key.Interface()]; twice {
			entries[i] = e
			continue
		}
		at[e.key.Interface()] = len(entries)
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return compareKeys(a.key, b.key) })
	p.out = append(p.out, '{')
	for i, e := range entries {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.out = append(appendString(p.out, e.key.String()), ':')
		if err := p.field(valueField, e.chunks); err != nil {
			return err
		}
	}
	p.out = append(p.out, '}')
	return nil
}

// value prints a google.protobuf.Value.
func (p *printer) value(of protoreflect.MessageDescriptor, all []chunk) error {
	for number := nullField; number <= listField; number++ {
		field := of.Fields().ByNumber(number)
		chunks := chunksOf(all, field)
		switch {
		case len(chunks) == 0:
			continue
		case number == nullField:
			p.out = append(p.out, "null"...)
			return nil
		case number == numberField:
			if n := lastOf(field, chunks).Float(); math.IsNaN(n) || math.IsInf(n, 0) {
				return fmt.Errorf("a google.protobuf.Value has the number %v", n)
			}
		}
		return p.field(field, chunks)
	}
	return errors.New("a google.protobuf.Value has no value")
}

// single prints one value of the field's type, which is no message.
func (p *printer) single(field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch field.Kind() {
	case protoreflect.BoolKind:
		p.out = strconv.AppendBool(p.out, value.Bool())
	case protoreflect.StringKind:
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
