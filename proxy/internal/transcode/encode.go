package transcode

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The fields of a map's entry.
const (
	keyNumber   protowire.Number = 1
	valueNumber protowire.Number = 2
)

// appendSingle appends one value of the field's type, which is no message, with its tag.
func appendSingle(to []byte, field protoreflect.FieldDescriptor, number protowire.Number, value protoreflect.Value) []byte {
	switch kind := field.Kind(); kind {
	case protoreflect.StringKind:
		return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), value.String())
	case protoreflect.BytesKind:
		return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value.Bytes())
	default:
		return appendScalar(protowire.AppendTag(to, number, formatOf(kind)), kind, value)
	}
}

// appendMessage appends the bytes of a message as a value of the field, with its tag.
func appendMessage(to []byte, field protoreflect.FieldDescriptor, number protowire.Number, message []byte) []byte {
	if field.Kind() == protoreflect.GroupKind {
		to = append(protowire.AppendTag(to, number, protowire.StartGroupType), message...)
		return protowire.AppendTag(to, number, protowire.EndGroupType)
	}
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), message)
}

// formatOf returns the wire format of one value of the kind.
func formatOf(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	default:
		return protowire.VarintType
	}
}

// appendScalar appends a number, a bool or an enum, without a tag.
func appendScalar(to []byte, kind protoreflect.Kind, value protoreflect.Value) []byte {
	switch kind {
	case protoreflect.BoolKind:
		return protowire.AppendVarint(to, protowire.EncodeBool(value.Bool()))
	case protoreflect.EnumKind:
		return protowire.AppendVarint(to, uint64(value.Enum()))
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return protowire.AppendVarint(to, uint64(value.Int()))
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.AppendVarint(to, protowire.EncodeZigZag(value.Int()))
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return protowire.AppendVarint(to, value.Uint())
	case protoreflect.Sfixed32Kind:
		return protowire.AppendFixed32(to, uint32(value.Int()))
	case protoreflect.Fixed32Kind:
		return protowire.AppendFixed32(to, uint32(value.Uint()))
	case protoreflect.FloatKind:
		return protowire.AppendFixed32(to, math.Float32bits(float32(value.Float())))
	case protoreflect.Sfixed64Kind:
		return protowire.AppendFixed64(to, uint64(value.Int()))
	case protoreflect.Fixed64Kind:
		return protowire.AppendFixed64(to, value.Uint())
	default: // double
		return protowire.AppendFixed64(to, math.Float64bits(value.Float()))
	}
}
