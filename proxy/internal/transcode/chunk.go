package transcode

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// chunk is one value of a field, or several packed ones, as it stands in the bytes of a
// message. A response is printed out of its chunks: as a message in memory it would cost
// a hundred times as much.
type chunk struct {
	field protoreflect.FieldDescriptor
	// bytes are the value without its tag, and without the length or the end of a group.
	bytes  []byte
	packed bool
}

// mostNested is how many messages may stand in each other, as in protobuf's own library.
const mostNested = 10_000

// errNotUTF8 says that a string has bytes that JSON cannot hold.
var errNotUTF8 = errors.New("the string is not UTF-8")

// validate wants the bytes to be a message of the type, however deep one looks. What is
// required may be missing, and what is unknown is anything.
func (p *printer) validate(of protoreflect.MessageDescriptor, bytes []byte, depth int) error {
	if depth > mostNested {
		return fmt.Errorf("more than %d messages stand in each other", mostNested)
	}
	return p.walk(of, bytes, func(c chunk) error {
		err := error(nil)
		switch {
		case c.field.Kind() == protoreflect.StringKind && !utf8.Valid(c.bytes):
			err = errNotUTF8
		case c.field.Message() != nil:
			err = p.validate(c.field.Message(), c.bytes, depth+1)
		case c.packed:
			err = unpack(c, func(protoreflect.Value) error { return nil })
		}
		return at(c.field, err)
	})
}

// walk visits the chunks of the fields that the message has, in the order of the bytes.
func (p *printer) walk(of protoreflect.MessageDescriptor, bytes []byte, visit func(chunk) error) error {
	for len(bytes) > 0 {
		number, format, n := protowire.ConsumeTag(bytes)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if number > protowire.MaxValidNumber {
			return fmt.Errorf("no field has the number %d", number)
		}
		bytes = bytes[n:]
		n = protowire.ConsumeFieldValue(number, format, bytes)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if c := p.chunk(of, number, format, bytes[:n]); c.field != nil {
			if err := visit(c); err != nil {
				return err
			}
		}
		bytes = bytes[n:]
	}
	return nil
}

// chunk returns the value as one of a field of the message; its field is nil where the
// message has none of the number and the wire format.
func (p *printer) chunk(of protoreflect.MessageDescriptor, number protowire.Number, format protowire.Type, value []byte) chunk {
	c := chunk{field: of.Fields().ByNumber(number), bytes: value}
	if c.field == nil && of.ExtensionRanges().Has(number) {
		if extension, err := p.types.FindExtensionByNumber(of.FullName(), number); err == nil {
			c.field = extension.TypeDescriptor()
		}
	}
	if c.field == nil {
		return c
	}
	wanted := formatOf(c.field.Kind())
	c.packed = format == protowire.BytesType && wanted != protowire.BytesType && wanted != protowire.StartGroupType && c.field.IsList()
	switch {
	case format != wanted && !c.packed:
		c.field = nil
	case format == protowire.BytesType:
		c.bytes, _ = protowire.ConsumeBytes(value)
	case format == protowire.StartGroupType:
		c.bytes, _ = protowire.ConsumeGroup(number, value)
	}
	return c
}

// read returns the chunks of a message that has been validated, in the order of the
// fields' numbers and those of one field as they came. Of a oneof there are those of the
// case that came last.
func (p *printer) read(of protoreflect.MessageDescriptor, bytes []byte) []chunk {
	var all []chunk
	_ = p.walk(of, bytes, func(c chunk) error {
		all = append(all, c)
		return nil
	})
	if of.Oneofs().Len() > 0 {
		all = lastCases(all)
	}
	slices.SortStableFunc(all, func(a, b chunk) int { return cmp.Compare(a.field.Number(), b.field.Number()) })
	return all
}

// lastCases leaves out the cases of oneofs that another one has ended: one that comes
// back after that begins anew.
func lastCases(all []chunk) []chunk {
	type last struct {
		number protoreflect.FieldNumber
		ended  bool
	}
	seen := map[protoreflect.OneofDescriptor]*last{}
	var kept []chunk
	for _, c := range slices.Backward(all) {
		if oneof := c.field.ContainingOneof(); oneof != nil {
			if seen[oneof] == nil {
				seen[oneof] = &last{number: c.field.Number()}
			}
			seen[oneof].ended = seen[oneof].ended || seen[oneof].number != c.field.Number()
			if seen[oneof].ended {
				continue
			}
		}
		kept = append(kept, c)
	}
	slices.Reverse(kept)
	return kept
}

// chunksOf returns the chunks of the field, out of those of its message.
func chunksOf(all []chunk, field protoreflect.FieldDescriptor) []chunk {
	begin, _ := slices.BinarySearchFunc(all, field.Number(), func(c chunk, number protoreflect.FieldNumber) int { return cmp.Compare(c.field.Number(), number) })
	end := begin
	for end < len(all) && all[end].field.Number() == field.Number() {
		end++
	}
	return all[begin:end]
}

// merged returns the bytes of a singular message: several are one, as protobuf rules.
func merged(chunks []chunk) []byte {
	if len(chunks) == 1 {
		return chunks[0].bytes
	}
	var all []byte
	for _, c := range chunks {
		all = append(all, c.bytes...)
	}
	return all
}

// lastOf returns the value of a singular field that is no message: the last one counts,
// and its default where there is none.
func lastOf(field protoreflect.FieldDescriptor, chunks []chunk) protoreflect.Value {
	if len(chunks) == 0 {
		return field.Default()
	}
	value, _ := scalarOf(field.Kind(), chunks[len(chunks)-1].bytes)
	return value
}

// unpack visits each value of the chunk, which may be packed.
func unpack(c chunk, visit func(protoreflect.Value) error) error {
	rest := c.bytes
	for first := true; len(rest) > 0 || first && !c.packed; first = false {
		value, n := scalarOf(c.field.Kind(), rest)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := visit(value); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// scalarOf reads a value that is no message, and returns how many bytes it has; a length
// below 0 is an error of protowire. A text has all of them.
func scalarOf(kind protoreflect.Kind, bytes []byte) (protoreflect.Value, int) {
	switch kind {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(string(bytes)), len(bytes)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(bytes), len(bytes)
	}
	switch formatOf(kind) {
	case protowire.Fixed32Type:
		n, size := protowire.ConsumeFixed32(bytes)
		switch kind {
		case protoreflect.FloatKind:
			return protoreflect.ValueOfFloat32(math.Float32frombits(n)), size
		case protoreflect.Sfixed32Kind:
			return protoreflect.ValueOfInt32(int32(n)), size
		default:
			return protoreflect.ValueOfUint32(n), size
		}
	case protowire.Fixed64Type:
		n, size := protowire.ConsumeFixed64(bytes)
		switch kind {
		case protoreflect.DoubleKind:
			return protoreflect.ValueOfFloat64(math.Float64frombits(n)), size
		case protoreflect.Sfixed64Kind:
			return protoreflect.ValueOfInt64(int64(n)), size
		default:
			return protoreflect.ValueOfUint64(n), size
		}
	default:
		n, size := protowire.ConsumeVarint(bytes)
		return varint(kind, n), size
	}
}

// varint returns what a varint is to a field of the kind.
func varint(kind protoreflect.Kind, n uint64) protoreflect.Value {
	switch kind {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(protowire.DecodeBool(n))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(int32(protowire.DecodeZigZag(n & math.MaxUint32)))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(protowire.DecodeZigZag(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(n)
	default:
		return protoreflect.ValueOfInt64(int64(n))
	}
}
