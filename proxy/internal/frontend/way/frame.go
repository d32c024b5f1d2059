package way

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Frame is one message whose bytes pass through undecoded.
type Frame struct{ Bytes []byte }

// Set gives v, which is a frame or a message, the bytes of a message. A frame keeps them.
func Set(v any, bytes []byte) error {
	switch v := v.(type) {
	case *Frame:
		v.Bytes = bytes
		return nil
	case proto.Message:
		return proto.Unmarshal(bytes, v)
	default:
		return fmt.Errorf("%T is no message", v)
	}
}

// Bytes returns those of v, which is a frame or a message. Those of a frame are its own.
func Bytes(v any) ([]byte, error) {
	switch v := v.(type) {
	case *Frame:
		return v.Bytes, nil
	case proto.Message:
		return proto.Marshal(v)
	default:
		return nil, fmt.Errorf("%T is no message", v)
	}
}

// codec passes frames through, and encodes every other message as protobuf:
// those of health and reflection.
type codec struct{ protobuf encoding.CodecV2 }

var _ encoding.CodecV2 = codec{}

// NewCodec returns that of a gRPC server whose handlers take frames.
func NewCodec() encoding.CodecV2 { return codec{protobuf: encoding.GetCodecV2(protocodec.Name)} }

// Marshal returns the bytes of v. A frame's are not copied: nobody writes to them.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*Frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f.Bytes)}, nil
	}
	return c.protobuf.Marshal(v)
}

// Unmarshal gives v a copy of the data, which gRPC uses again.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*Frame); ok {
		f.Bytes = data.Materialize()
		return nil
	}
	return c.protobuf.Unmarshal(data, v)
}

// Name returns protobuf's: the content type of a call stays what it is.
func (codec) Name() string { return protocodec.Name }
