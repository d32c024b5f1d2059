package crdt

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// scalarPrefix is that of the payloads of scalars (CORE-PAYLOAD-004).
const scalarPrefix = "p.cloudstate.io/"

// Codec is how the elements, keys and register values of Go type T travel. Equal
// values are packed into equal bytes (REP-EQ-002). Packing panics where a value
// cannot travel, such as text that is not UTF-8: a mistake in the handler.
type Codec[T any] struct {
	pack   func(T) (*anypb.Any, error)
	unpack func(*anypb.Any) (T, error)
}

// String returns the codec of text.
func String() Codec[string] { return scalar("string", wrapperspb.String) }

// Bytes returns the codec of bytes, which are not changed after they were given.
func Bytes() Codec[[]byte] { return scalar("bytes", wrapperspb.Bytes) }

// Bool returns the codec of true and false.
func Bool() Codec[bool] { return scalar("bool", wrapperspb.Bool) }

// Int32 returns the codec of these numbers.
func Int32() Codec[int32] { return scalar("int32", wrapperspb.Int32) }

// Int64 returns the codec of these numbers.
func Int64() Codec[int64] { return scalar("int64", wrapperspb.Int64) }

// Uint32 returns the codec of these numbers.
func Uint32() Codec[uint32] { return scalar("uint32", wrapperspb.UInt32) }

// Uint64 returns the codec of these numbers.
func Uint64() Codec[uint64] { return scalar("uint64", wrapperspb.UInt64) }

// Float returns the codec of these numbers. A NaN is a bad element and a bad key.
func Float() Codec[float32] { return scalar("float", wrapperspb.Float) }

// Double returns the codec of these numbers. A NaN is a bad element and a bad key.
func Double() Codec[float64] { return scalar("double", wrapperspb.Double) }

// Message returns the codec of protobuf messages. A message is not changed after
// it was given or received.
func Message[M proto.Message]() Codec[M] {
	return Codec[M]{
		pack:   func(message M) (*anypb.Any, error) { return sdk.Pack(message) },
		unpack: sdk.Unpack[M],
	}
}

// scalar returns the codec of a scalar, whose bytes are those of the wrapper: a
// default is written as no bytes (CORE-PAYLOAD-006), and read in any encoding
// (CORE-PAYLOAD-005).
func scalar[T any, M interface {
	proto.Message
	GetValue() T
}](name string, wrap func(T) M) Codec[T] {
	return Codec[T]{
		pack: func(value T) (*anypb.Any, error) {
			bytes, err := proto.Marshal(wrap(value))
			return &anypb.Any{TypeUrl: scalarPrefix + name, Value: bytes}, err
		},
		unpack: func(payload *anypb.Any) (T, error) {
			var none T
			wrapper := wrap(none)
			if payload.GetTypeUrl() != scalarPrefix+name {
				return none, fmt.Errorf("the payload is of type %q, not %s", payload.GetTypeUrl(), scalarPrefix+name)
			}
			if err := proto.Unmarshal(payload.GetValue(), wrapper); err != nil {
				return none, fmt.Errorf("the payload is not a %s: %w", scalarPrefix+name, err)
			}
			return wrapper.GetValue(), nil
		},
	}
}

func (c Codec[T]) mustPack(value T) *anypb.Any {
	payload, err := c.pack(value)
	if err != nil {
		panic(err)
	}
	return payload
}

// identity returns what two payloads have in common when they are equal, and
// only then: the bytes of the type URL and those of the value (REP-EQ-001).
func identity(payload *anypb.Any) string {
	url := payload.GetTypeUrl()
	return strconv.Itoa(len(url)) + ":" + url + string(payload.GetValue())
}
