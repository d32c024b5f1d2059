package transcode

import (
	"cmp"
	"iter"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// byNumber iterates over the fields of the message in the order of their numbers, and
// over its extensions that are set.
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
