package dialect

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// messagesOf returns what a method of version 1 takes and gives. It is one of those that
// this package knows, and so linked.
func messagesOf(method string) (in, out protoreflect.MessageType) {
	name := strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	described, ok := found.(protoreflect.MethodDescriptor)
	if err != nil || !ok {
		panic("no method " + method)
	}
	return linked(described.Input()), linked(described.Output())
}

func linked(message protoreflect.MessageDescriptor) protoreflect.MessageType {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil {
		panic("no message " + string(message.FullName()))
	}
	return kind
}

// reencoded returns the encoded message of this type, changed. Bytes that are none are
// returned as they are.
func reencoded(raw []byte, kind protoreflect.MessageType, change func(any)) []byte {
	message := kind.New().Interface()
	if proto.Unmarshal(raw, message) != nil {
		return raw
	}
	change(message)
	changed, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return raw
	}
	return changed
}
