package function

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	protobuf "google.golang.org/protobuf/proto"
)

// received is a message of a stream, or what is wrong with it.
type received struct {
	message protobuf.Message
	err     error
}

// codec is protobuf's, with one difference: a message of a stream that cannot be
// read is no error to gRPC. It would break off the stream with a status, which
// nobody can tell from one that the function has ended it with.
type codec struct {
	protobuf encoding.CodecV2
	limit    int // of a message, in bytes
}

var _ encoding.CodecV2 = codec{}

func newCodec(limit int) codec { return codec{protobuf: encoding.GetCodecV2(proto.Name), limit: limit} }

// Marshal returns the bytes of v.
func (c codec) Marshal(v any) (mem.BufferSlice, error) { return c.protobuf.Marshal(v) }

// Unmarshal reads the data into v, or notes in it why it cannot.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if r, ok := v.(*received); ok {
		r.err = c.read(data, r.message)
		return nil
	}
	return c.read(data, v)
}

func (c codec) read(data mem.BufferSlice, v any) error {
	if data.Len() > c.limit {
		return fmt.Errorf("it has %d bytes, and the proxy takes %d", data.Len(), c.limit)
	}
	return c.protobuf.Unmarshal(data, v)
}

// Name returns protobuf's: the content type of a call stays what it is.
func (codec) Name() string { return proto.Name }
