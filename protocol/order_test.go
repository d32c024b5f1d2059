package protocol_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// inOrder returns the bytes of a message with its fields in order of their
// numbers, as vectors have them. Go writes the fields of a oneof behind all
// others, where most encoders keep to the order.
func inOrder(t *testing.T, raw []byte, message protoreflect.MessageDescriptor) []byte {
	t.Helper()
	type field struct {
		number protowire.Number
		bytes  []byte
	}
	var fields []field
	for len(raw) > 0 {
		number, kind, tag := protowire.ConsumeTag(raw)
		value := protowire.ConsumeFieldValue(number, kind, raw[max(tag, 0):])
		if tag < 0 || value < 0 {
			t.Fatalf("%s: the encoder wrote no message", message.FullName())
		}
		whole := raw[:tag+value]
		if known := message.Fields().ByNumber(number); known != nil && known.Message() != nil {
			inner, _ := protowire.ConsumeBytes(raw[tag:])
			whole = protowire.AppendTag(nil, number, kind)
			whole = protowire.AppendBytes(whole, inOrder(t, inner, known.Message()))
		}
		fields = append(fields, field{number, whole})
		raw = raw[tag+value:]
	}
	slices.SortStableFunc(fields, func(a, b field) int { return cmp.Compare(a.number, b.number) })
	var ordered [][]byte
	for _, f := range fields {
		ordered = append(ordered, f.bytes)
	}
	return bytes.Join(ordered, nil)
}
