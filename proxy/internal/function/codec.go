package function

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/multiplex"
)

// received is a message of the function, or what is wrong with it.
type received struct {
	message protobuf.Message
	err     error
	large   bool // err is that it is too large
}

// raw is a frame of a multiplexed stream as it goes out. Nobody writes to it.
type raw []byte

// rawReceived is a frame as it has come, or what is wrong with it.
type rawReceived struct {
	data []byte
	err  error
}

// codec is protobuf's, with one difference: a message that cannot be read is no
// error to gRPC. It would break off the stream with a status, which nobody can tell
// from one that the function has ended it with.
type codec struct {
	protobuf encoding.CodecV2
	limit    int // of a message, in bytes
}

var _ encoding.CodecV2 = codec{}

func newCodec(limit int) codec { return codec{protobuf: encoding.GetCodecV2(proto.Name), limit: limit} }

// Marshal returns the bytes of v.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if frame, ok := v.(raw); ok {
		return mem.BufferSlice{mem.SliceBuffer(frame)}, nil
	}
	return c.protobuf.Marshal(v)
}

// Unmarshal reads the data into v, or notes in it why it cannot.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if frame, ok := v.(*rawReceived); ok {
		if limit := c.limit + multiplex.Envelope; data.Len() > limit { // MUX-LIMIT-006
			frame.err = tooLarge(fmt.Sprintf("%d bytes", data.Len()), limit)
			return nil
		}
		frame.data = data.Materialize()
		return nil
	}
	r, ok := v.(*received)
	switch {
	case !ok:
		return c.protobuf.Unmarshal(data, v)
	case data.Len() > c.limit:
		r.err, r.large = tooLarge(fmt.Sprintf("%d bytes", data.Len()), c.limit), true
	default:
		r.err = c.protobuf.Unmarshal(data, r.message)
	}
	return nil
}

// tooLarge is what is wrong with a message that has more bytes than the limit.
func tooLarge(size string, limit int) error {
	return fmt.Errorf("it has %s, and the proxy takes %d", size, limit)
}

// Name returns protobuf's: the content type of a call stays what it is.
func (codec) Name() string { return proto.Name }
