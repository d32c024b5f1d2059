package descriptor

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// keyField is one field of a key.
type keyField struct {
	name   protoreflect.Name
	number protowire.Number
	kind   protoreflect.Kind
	format protowire.Type
	// absent is the text of a number or a bool that is not in the request.
	absent string
	// rivals are the other members of the field's oneof: whichever comes last stays.
	rivals []protowire.Number
}

// keyValue is what a request has of a key field; the zero value is nothing.
type keyValue struct {
	set    bool
	text   []byte // of a string
	number uint64 // of anything else, as it is on the wire
}

// newKeyField returns how to read the field. Its text, where it is absent, is that of
// the default that its descriptor gives or, where plain is true, of its type's.
func newKeyField(field protoreflect.FieldDescriptor, plain bool) keyField {
	f := keyField{name: field.Name(), number: field.Number(), kind: field.Kind(), format: formatOf(field.Kind())}
	switch value := field.Default(); {
	case field.Kind() == protoreflect.StringKind:
	case field.Kind() == protoreflect.BoolKind:
		f.absent = strconv.FormatBool(!plain && value.Bool())
	case plain:
		f.absent = "0"
	case field.Kind() == protoreflect.EnumKind:
		f.absent = strconv.Itoa(int(value.Enum()))
	default:
		f.absent = value.String()
	}
	if oneof := field.ContainingOneof(); oneof != nil {
		for i := range oneof.Fields().Len() {
			if rival := oneof.Fields().Get(i).Number(); rival != f.number {
				f.rivals = append(f.rivals, rival)
			}
		}
	}
	return f
}

// formatOf returns the wire format of a key field of the kind.
func formatOf(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.StringKind:
		return protowire.BytesType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return protowire.Fixed64Type
	default:
		return protowire.VarintType
	}
}

// note takes in one field of the request, if it is this one or rules it out.
func (f *keyField) note(value *keyValue, number protowire.Number, format protowire.Type, raw []byte) {
	switch {
	case number == f.number && format == f.format:
		*value = f.read(raw)
	case len(f.rivals) > 0 && slices.Contains(f.rivals, number):
		*value = keyValue{}
	}
}

// read returns the value, whose length has been checked.
func (f *keyField) read(raw []byte) keyValue {
	v := keyValue{set: true}
	switch f.format {
	case protowire.BytesType:
		v.text, _ = protowire.ConsumeBytes(raw)
	case protowire.Fixed32Type:
		number, _ := protowire.ConsumeFixed32(raw)
		v.number = uint64(number)
	case protowire.Fixed64Type:
		v.number, _ = protowire.ConsumeFixed64(raw)
	default:
		v.number, _ = protowire.ConsumeVarint(raw)
	}
	return v
}

// numberSize returns how many bytes the text of a number or a bool has.
func (f *keyField) numberSize(value keyValue) int {
	var room [20]byte // as many as an integer has
	return len(f.appendNumber(room[:0], value))
}

// writeNumber writes the text of a number or a bool.
func (f *keyField) writeNumber(b *strings.Builder, value keyValue) {
	var room [20]byte
	b.Write(f.appendNumber(room[:0], value))
}

// appendNumber appends the text of a number or a bool: integers in decimal, an enum
// by its number.
func (f *keyField) appendNumber(to []byte, value keyValue) []byte {
	if !value.set {
		return append(to, f.absent...)
	}
	n := value.number
	switch f.kind {
	case protoreflect.BoolKind:
		return strconv.AppendBool(to, protowire.DecodeBool(n))
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind, protoreflect.EnumKind:
		return strconv.AppendInt(to, int64(int32(n)), 10)
	case protoreflect.Int64Kind, protoreflect.Sfixed64Kind:
		return strconv.AppendInt(to, int64(n), 10)
	case protoreflect.Sint32Kind:
		return strconv.AppendInt(to, protowire.DecodeZigZag(n&math.MaxUint32), 10)
	case protoreflect.Sint64Kind:
		return strconv.AppendInt(to, protowire.DecodeZigZag(n), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return strconv.AppendUint(to, uint64(uint32(n)), 10)
	default: // the 64-bit ones without a sign
		return strconv.AppendUint(to, n, 10)
	}
}
