package transcode

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The fields of a map's entry.
const (
	keyNumber   protowire.Number = 1
	valueNumber protowire.Number = 2
)

// byNumber iterates over the fields of the message in the order of their numbers, and
// over its extensions that are set. The library's own order puts oneofs last, which
// HTTP-REQ-001 does not.
func byNumber(m protoreflect.Message) iter.Seq[protoreflect.FieldDescriptor] {
	return func(yield func(protoreflect.FieldDescriptor) bool) {
		fields := m.Descriptor().Fields()
		if m.Descriptor().ExtensionRanges().Len() > 0 || !ascending(fields) {
			for _, field := range sorted(m) {
				if !yield(field) {
					return
				}
			}
			return
		}
		for i := range fields.Len() {
			if !yield(fields.Get(i)) {
				return
			}
		}
	}
}

// ascending reports whether the fields are declared in the order of their numbers, as
// they mostly are.
func ascending(fields protoreflect.FieldDescriptors) bool {
	for i := 1; i < fields.Len(); i++ {
		if fields.Get(i-1).Number() > fields.Get(i).Number() {
			return false
		}
	}
	return true
}

func sorted(m protoreflect.Message) []protoreflect.FieldDescriptor {
	fields := m.Descriptor().Fields()
	var all []protoreflect.FieldDescriptor
	for i := range fields.Len() {
		all = append(all, fields.Get(i))
	}
	m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if field.IsExtension() {
			all = append(all, field)
		}
		return true
	})
	slices.SortFunc(all, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	return all
}

// sortedKeys returns the keys of the map: numbers and texts ascending, false first.
func sortedKeys(entries protoreflect.Map) []protoreflect.MapKey {
	keys := make([]protoreflect.MapKey, 0, entries.Len())
	entries.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		switch a.Interface().(type) {
		case bool:
			return cmp.Compare(protowire.EncodeBool(a.Bool()), protowire.EncodeBool(b.Bool()))
		case int32, int64:
			return cmp.Compare(a.Int(), b.Int())
		case uint32, uint64:
			return cmp.Compare(a.Uint(), b.Uint())
		default:
			return cmp.Compare(a.String(), b.String())
		}
	})
	return keys
}

// appendMessage appends the bytes of the message in the order of its fields' numbers,
// and those of a map in the order of its keys.
func appendMessage(to []byte, m protoreflect.Message) []byte {
	for field := range byNumber(m) {
		if m.Has(field) {
			to = appendField(to, field, m.Get(field))
		}
	}
	return to
}

func appendField(to []byte, field protoreflect.FieldDescriptor, value protoreflect.Value) []byte {
	switch {
	case field.IsMap():
		entries := value.Map()
		for _, key := range sortedKeys(entries) {
			entry := appendSingle(nil, field.MapKey(), keyNumber, key.Value())
			entry = appendSingle(entry, field.MapValue(), valueNumber, entries.Get(key))
			to = appendBytes(to, field.Number(), entry)
		}
	case field.IsList() && field.IsPacked():
		var packed []byte
		for i := range value.List().Len() {
			packed = appendScalar(packed, field.Kind(), value.List().Get(i))
		}
		to = appendBytes(to, field.Number(), packed)
	case field.IsList():
		for i := range value.List().Len() {
			to = appendSingle(to, field, field.Number(), value.List().Get(i))
		}
	default:
		to = appendSingle(to, field, field.Number(), value)
	}
	return to
}

// appendSingle appends one value of the field's type, with its tag.
func appendSingle(to []byte, field protoreflect.FieldDescriptor, number protowire.Number, value protoreflect.Value) []byte {
	switch kind := field.Kind(); kind {
	case protoreflect.MessageKind:
		return appendBytes(to, number, appendMessage(nil, value.Message()))
	case protoreflect.GroupKind:
		to = protowire.AppendTag(to, number, protowire.StartGroupType)
		return protowire.AppendTag(appendMessage(to, value.Message()), number, protowire.EndGroupType)
	case protoreflect.StringKind:
		return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), value.String())
	case protoreflect.BytesKind:
		return appendBytes(to, number, value.Bytes())
	default:
		return appendScalar(protowire.AppendTag(to, number, formatOf(kind)), kind, value)
	}
}

func appendBytes(to []byte, number protowire.Number, bytes []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), bytes)
}

// formatOf returns the wire format of a number, a bool or an enum.
func formatOf(kind protoreflect.Kind) protowire.Type {
	switch kind {
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
