package trace

import (
	"fmt"

	"google.golang.org/grpc/mem"
)

// bytesCodec sends and receives messages as the bytes that they are. It is protobuf to
// the peer.
type bytesCodec struct{}

// Marshal takes a *[]byte.
func (bytesCodec) Marshal(message any) (mem.BufferSlice, error) {
	raw, ok := message.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("trace: %T is no message of a replay", message)
	}
	return mem.BufferSlice{mem.SliceBuffer(*raw)}, nil
}

// Unmarshal fills a *[]byte.
func (bytesCodec) Unmarshal(data mem.BufferSlice, message any) error {
	raw, ok := message.(*[]byte)
	if !ok {
		return fmt.Errorf("trace: %T is no message of a replay", message)
	}
	*raw = data.Materialize()
	return nil
}

// Name is the content's type, as the peer knows it.
func (bytesCodec) Name() string { return "proto" }
