package wire

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fields names fields, cases of a oneof among them, by the full name of their
// message.
type Fields map[protoreflect.FullName][]protoreflect.FieldNumber

// Strip clears the fields in the message and in all that it holds. What a packed
// payload holds is none of the protocol's, and stays. The message must be the
// caller's own.
func (f Fields) Strip(message proto.Message) {
	if len(f) > 0 {
		f.strip(message.ProtoReflect())
	}
}

func (f Fields) strip(message protoreflect.Message) {
	declared := message.Descriptor()
	for _, number := range f[declared.FullName()] {
		message.Clear(declared.Fields().ByNumber(number))
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.Message().FullName() == "google.protobuf.Any":
		case field.IsList(): // no message of the protocol has a map
			for i := range value.List().Len() {
				f.strip(value.List().Get(i).Message())
			}
		default:
			f.strip(value.Message())
		}
		return true
	})
}
