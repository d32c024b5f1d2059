package transcode

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// unmarshal reads the bytes into the message. What is required may be missing.
//
// The library panics over some bytes of a map's entry, such as a key that stands there
// once more in another wire format. They are the function's, so that they are an error.
func unmarshal(bytes []byte, message proto.Message, types protoregistry.ExtensionTypeResolver) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("it cannot be read: %v", panicked)
		}
	}()
	return proto.UnmarshalOptions{AllowPartial: true, Resolver: types}.Unmarshal(bytes, message)
}
