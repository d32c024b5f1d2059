package trace

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// decode returns the message of a received frame; nil when it is none of the method's.
func decode(f Frame) proto.Message {
	if f.Kind != Received {
		return nil
	}
	service, method, _ := strings.Cut(strings.TrimPrefix(f.Method, "/"), "/")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil
	}
	described, ok := found.(protoreflect.ServiceDescriptor)
	if !ok || described.Methods().ByName(protoreflect.Name(method)) == nil {
		return nil
	}
	output := described.Methods().ByName(protoreflect.Name(method)).Output()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(output.FullName())
	if err != nil {
		return nil
	}
	message := kind.New().Interface()
	if proto.Unmarshal(f.Raw, message) != nil {
		return nil
	}
	return message
}

// equalMessages reports whether both frames hold the same message, however it is
// encoded.
func equalMessages(a, b Frame) bool {
	first, second := decode(a), decode(b)
	return first != nil && second != nil && proto.Equal(first, second)
}

// describe is the whole message of a frame on one line.
func describe(f Frame) string {
	message := decode(f)
	if message == nil {
		return fmt.Sprintf("%d B that are no message of %s", len(f.Raw), f.Method)
	}
	text := prototext.MarshalOptions{EmitUnknown: true}.Format(message)
	return strings.Join(strings.Fields(text), " ") // protobuf's own spaces change from build to build
}
