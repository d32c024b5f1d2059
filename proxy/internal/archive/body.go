package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/store"
)

// body reads the parts of a body in their order. After the first one that is wrong it
// returns zero values, and its err says what was wrong. What it returns shares no memory
// with what it reads.
type body struct {
	rest []byte
	err  error
}

func (b *body) failf(format string, args ...any) {
	if b.err == nil {
		b.err, b.rest = fmt.Errorf(format, args...), nil
	}
}

// number reads a number from 0 to 2⁶³−1.
func (b *body) number(what string) int64 {
	n, size := binary.Uvarint(b.rest)
	if size <= 0 || n > math.MaxInt64 {
		b.failf("%s is no number", what)
		return 0
	}
	b.rest = b.rest[size:]
	return int64(n)
}

// signed reads a number with a sign.
func (b *body) signed(what string) int64 {
	n, size := binary.Varint(b.rest)
	if size <= 0 {
		b.failf("%s is no number", what)
		return 0
	}
	b.rest = b.rest[size:]
	return n
}

// flag reads one byte, 0 or 1.
func (b *body) flag(what string) bool {
	if len(b.rest) == 0 || b.rest[0] > 1 {
		b.failf("%s is neither 0 nor 1", what)
		return false
	}
	flag := b.rest[0] == 1
	b.rest = b.rest[1:]
	return flag
}

// bytes reads bytes that their length stands before.
func (b *body) bytes(what string) []byte {
	length := b.number("the length of " + what)
	if length > int64(len(b.rest)) {
		b.failf("%s has %d bytes, and %d are left", what, length, len(b.rest))
	}
	if b.err != nil {
		return nil
	}
	taken := append([]byte{}, b.rest[:length]...)
	b.rest = b.rest[length:]
	return taken
}

func (b *body) text(what string) string { return string(b.bytes(what)) }

// time reads a time, or that there is none.
func (b *body) time(what string) time.Time {
	if !b.flag("whether there is " + what) {
		return time.Time{}
	}
	seconds, nanos := b.signed(what), b.number(what)
	if nanos >= int64(time.Second) {
		b.failf("%s has %d nanoseconds", what, nanos)
	}
	if b.err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, nanos).UTC()
}

func (b *body) id() store.ID {
	return store.ID{Persistence: b.text("a persistence id"), Entity: b.text("an entity's key")}
}

func (b *body) payload() *anypb.Any {
	return &anypb.Any{TypeUrl: b.text("a type URL"), Value: b.bytes("a payload")}
}

// metadata reads metadata, or that there is none.
func (b *body) metadata() *entityv1.Metadata {
	if !b.flag("whether there is metadata") {
		return nil
	}
	m := &entityv1.Metadata{}
	if err := proto.Unmarshal(b.bytes("metadata"), m); err != nil {
		b.failf("metadata that cannot be read: %w", err)
	}
	return m
}

// end returns what was wrong, or that something is left.
func (b *body) end() error {
	if b.err == nil && len(b.rest) > 0 {
		return errors.New("bytes follow its end")
	}
	return b.err
}

func appendNumber(b []byte, n int64) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendFlag(b []byte, flag bool) []byte {
	if flag {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(appendNumber(b, int64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte {
	if b = appendFlag(b, !t.IsZero()); t.IsZero() {
		return b
	}
	return appendNumber(binary.AppendVarint(b, t.Unix()), int64(t.Nanosecond()))
}

func appendID(b []byte, id store.ID) []byte {
	return appendBytes(appendBytes(b, id.Persistence), id.Entity)
}

func appendPayload(b []byte, payload *anypb.Any) []byte {
	return appendBytes(appendBytes(b, payload.GetTypeUrl()), payload.GetValue())
}

func appendMetadata(b []byte, metadata *entityv1.Metadata) ([]byte, error) {
	if b = appendFlag(b, metadata != nil); metadata == nil {
		return b, nil
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(metadata)
	return appendBytes(b, encoded), err
}
