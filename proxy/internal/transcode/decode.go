package transcode

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// unmarshal reads the bytes as a message of the type. What is required may be missing.
//
// The library panics over some bytes of a map's entry, such as a key that stands there
// once more in another wire format. They are the function's, so that they are an error.
func unmarshal(bytes []byte, of protoreflect.MessageDescriptor, types protoregistry.ExtensionTypeResolver) (message *dynamicpb.Message, err error) {
	message = dynamicpb.NewMessage(of)
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("its bytes cannot be read: %v", panicked)
		}
	}()
	err = proto.UnmarshalOptions{AllowPartial: true, Resolver: types}.Unmarshal(bytes, message)
	if err != nil {
		err = fmt.Errorf("its bytes are none: %w", err)
	}
	return message, err
}
