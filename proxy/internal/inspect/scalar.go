package inspect

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/structpb"
)

// reading says how a scalar type is read from the wire.
type reading struct {
	wire protowire.Type
	// number reads a number, text what has a length.
	number func(uint64) *structpb.Value
	text   func([]byte) *structpb.Value
}

// readings are those of the scalar types by their names, older ones too.
func readings() map[string]reading {
	signed := func(n uint64) *structpb.Value { return Int(int64(n)) }
	narrow := func(n uint64) *structpb.Value { return Int(int64(int32(n))) }
	return map[string]reading{
		"string":   {wire: protowire.BytesType, text: func(b []byte) *structpb.Value { return structpb.NewStringValue(printable(b)) }},
		"bytes":    {wire: protowire.BytesType, text: func(b []byte) *structpb.Value { return structpb.NewStringValue(base64.StdEncoding.EncodeToString(b)) }},
		"bool":     {wire: protowire.VarintType, number: func(n uint64) *structpb.Value { return structpb.NewBoolValue(n != 0) }},
		"int32":    {wire: protowire.VarintType, number: narrow},
		"int64":    {wire: protowire.VarintType, number: signed},
		"uint32":   {wire: protowire.VarintType, number: func(n uint64) *structpb.Value { return Uint(uint64(uint32(n))) }},
		"uint64":   {wire: protowire.VarintType, number: Uint},
		"sint32":   {wire: protowire.VarintType, number: func(n uint64) *structpb.Value { return Int(int64(int32(protowire.DecodeZigZag(n & math.MaxUint32)))) }},
		"sint64":   {wire: protowire.VarintType, number: func(n uint64) *structpb.Value { return Int(protowire.DecodeZigZag(n)) }},
		"float":    {wire: protowire.Fixed32Type, number: func(n uint64) *structpb.Value { return Float(float64(math.Float32frombits(uint32(n))), 32) }},
		"double":   {wire: protowire.Fixed64Type, number: func(n uint64) *structpb.Value { return Float(math.Float64frombits(n), 64) }},
		"fixed32":  {wire: protowire.Fixed32Type, number: func(n uint64) *structpb.Value { return Uint(uint64(uint32(n))) }},
		"fixed64":  {wire: protowire.Fixed64Type, number: Uint},
		"sfixed32": {wire: protowire.Fixed32Type, number: narrow},
		"sfixed64": {wire: protowire.Fixed64Type, number: signed},
	}
}

// scalar shows a scalar: no bytes are its default.
func scalar(name string, encoded []byte) (*structpb.Value, error) {
	read, known := readings()[name]
	if !known {
		return nil, fmt.Errorf("%q is no scalar type", name)
	}
	var number uint64
	var text []byte
	for len(encoded) > 0 {
		field, wire, n := protowire.ConsumeTag(encoded)
		if n < 0 {
			return nil, fmt.Errorf("its bytes are no %s: %w", name, protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(field, wire, encoded[n:])
		if size < 0 {
			return nil, fmt.Errorf("its bytes are no %s: %w", name, protowire.ParseError(size))
		}
		if field == 1 && wire != read.wire {
			return nil, fmt.Errorf("its bytes are no %s: %w", name, errors.New("field 1 is of another type"))
		}
		if field == 1 {
			number, text = value(wire, encoded[n:])
		}
		encoded = encoded[n+size:]
	}
	if read.text != nil {
		return read.text(text), nil
	}
	return read.number(number), nil
}

// value reads a field that is known to be whole.
func value(wire protowire.Type, from []byte) (number uint64, text []byte) {
	switch wire {
	case protowire.VarintType:
		number, _ = protowire.ConsumeVarint(from)
	case protowire.Fixed32Type:
		n, _ := protowire.ConsumeFixed32(from)
		number = uint64(n)
	case protowire.Fixed64Type:
		number, _ = protowire.ConsumeFixed64(from)
	default:
		text, _ = protowire.ConsumeBytes(from)
	}
	return number, text
}

// exact is the largest whole number up to which JSON's numbers are exact.
const exact = 1 << 53

// Int shows a whole number: as a text where a reader of JSON could change it.
func Int(n int64) *structpb.Value {
	if n > exact || n < -exact {
		return structpb.NewStringValue(strconv.FormatInt(n, 10))
	}
	return structpb.NewNumberValue(float64(n))
}

// Uint is Int of a number without a sign.
func Uint(n uint64) *structpb.Value {
	if n > exact {
		return structpb.NewStringValue(strconv.FormatUint(n, 10))
	}
	return structpb.NewNumberValue(float64(n))
}

// Float shows a number of so many bits; as a text where JSON has no such number.
func Float(f float64, bits int) *structpb.Value {
	text := strconv.FormatFloat(f, 'g', -1, bits)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return structpb.NewStringValue(text)
	}
	short, err := strconv.ParseFloat(text, 64) // 0.1 of 32 bits is 0.1, and not 0.10000000149011612.
	if err != nil {
		short = f
	}
	return structpb.NewNumberValue(short)
}
