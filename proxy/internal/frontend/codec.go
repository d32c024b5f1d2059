package frontend

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// frame is one message whose bytes pass through undecoded.
type frame struct{ bytes []byte }

// codec passes frames through, and encodes every other message as protobuf:
// those of health and reflection.
type codec struct{ protobuf encoding.CodecV2 }

var _ encoding.CodecV2 = codec{}

func newCodec() codec { return codec{protobuf: encoding.GetCodecV2(proto.Name)} }

// Marshal returns the bytes of v. A frame's are not copied: nobody writes to them.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f.bytes)}, nil
	}
	return c.protobuf.Marshal(v)
}

// Unmarshal gives v a copy of the data, which gRPC uses again.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		f.bytes = data.Materialize()
		return nil
	}
	return c.protobuf.Unmarshal(data, v)
}

// Name returns protobuf's: the content type of a call stays what it is.
func (codec) Name() string { return proto.Name }
