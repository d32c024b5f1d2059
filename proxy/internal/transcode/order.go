package transcode

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// byNumber returns the fields of the message in the order of their numbers, and those of
// its extensions that are among the chunks.
func byNumber(of protoreflect.MessageDescriptor, all []chunk) []protoreflect.FieldDescriptor {
	fields := make([]protoreflect.FieldDescriptor, 0, of.Fields().Len())
	for i := range of.Fields().Len() {
		fields = append(fields, of.Fields().Get(i))
	}
	for i, c := range all {
		if c.field.IsExtension() && (i == 0 || all[i-1].field.Number() != c.field.Number()) {
			fields = append(fields, c.field)
		}
	}
	slices.SortFunc(fields, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	return fields
}

// compareKeys orders the keys of a map: numbers and texts ascending, false first.
func compareKeys(a, b protoreflect.MapKey) int {
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
}
