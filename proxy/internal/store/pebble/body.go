package pebble

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// body reads the parts of a body in their order. After the first one that is wrong
// it returns zero values, and its err says what was wrong. What it returns shares no
// memory with what it reads.
type body struct {
	rest []byte
	err  error
}

// failf notes what is wrong.
func (b *body) failf(format string, args ...any) {
	if b.err == nil {
		b.err, b.rest = fmt.Errorf(format, args...), nil
	}
}

// take returns the next bytes, which it shares; nil when there are not so many.
func (b *body) take(n uint64, what string) []byte {
	if n > uint64(len(b.rest)) {
		b.failf("%s of %d bytes in %d", what, n, len(b.rest))
		return nil
	}
	taken := b.rest[:n]
	b.rest = b.rest[n:]
	return taken
}

// number reads 8 bytes: a number from 0 on.
func (b *body) number(what string) int64 {
	taken := b.take(8, what)
	if taken == nil {
		return 0
	}
	n := binary.BigEndian.Uint64(taken)
	if n > math.MaxInt64 {
		b.failf("%s is %d", what, n)
		return 0
	}
	return int64(n)
}

// time reads a time.
func (b *body) time(what string) time.Time {
	taken := b.take(timeSize, what)
	if taken == nil {
		return time.Time{}
	}
	return parseTime(binary.BigEndian.Uint64(taken))
}

// flag reads one byte, 0 or 1.
func (b *body) flag(what string) bool {
	taken := b.take(1, what)
	if taken == nil {
		return false
	}
	if taken[0] > 1 {
		b.failf("%s is %d", what, taken[0])
	}
	return taken[0] == 1
}

// counted reads bytes that their length stands before; shared.
func (b *body) counted(what string) []byte {
	length, n := binary.Uvarint(b.rest)
	if n <= 0 {
		b.failf("%s without its length", what)
		return nil
	}
	b.rest = b.rest[n:]
	return b.take(length, what)
}

// text reads a string.
func (b *body) text(what string) string { return string(b.counted(what)) }

// all reads what is left.
func (b *body) all() []byte {
	rest := bytes.Clone(b.rest)
	b.rest = nil
	return rest
}

// payload reads a type URL, and the bytes to the end.
func (b *body) payload() *anypb.Any {
	return &anypb.Any{TypeUrl: b.text("a type URL"), Value: b.all()}
}

// metadata reads metadata; nil when there is none.
func (b *body) metadata() *entityv1.Metadata {
	taken := b.counted("metadata")
	if len(taken) == 0 {
		return nil
	}
	m := &entityv1.Metadata{}
	if err := proto.Unmarshal(taken, m); err != nil {
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

func appendNumber(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

func appendTime(b []byte, t time.Time) []byte { return appendNumber(b, t.UnixMilli()) }

func appendFlag(b []byte, flag bool) []byte {
	if flag {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendCounted[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendPayload appends the length of the type URL, the type URL, and the bytes.
// A nil payload is an empty one.
func appendPayload(b []byte, payload *anypb.Any) []byte {
	return append(appendCounted(b, payload.GetTypeUrl()), payload.GetValue()...)
}
