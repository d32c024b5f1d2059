package lean

import (
	"google.golang.org/grpc/encoding"
	protobuf "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// codec passes bytes through, and encodes every other message as protobuf.
type codec struct{ encoding.CodecV2 }

// NewCodec returns the codec of callers that send and receive *[]byte.
func NewCodec() encoding.CodecV2 { return codec{encoding.GetCodecV2(protobuf.Name)} }

// Marshal returns the bytes of v.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if bytes, ok := v.(*[]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(*bytes)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// Unmarshal gives v a copy of the data, which gRPC uses again.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if bytes, ok := v.(*[]byte); ok {
		*bytes = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}
