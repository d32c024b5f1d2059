// Package multiplex is the proxy's side of one multiplexed stream: which frames it
// sends, in which order, and what the frames of the function mean. It is pure: no
// I/O, no clock, no goroutine.
package multiplex

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// Window is what a side may send on a handle that has taken nothing yet, in bytes.
	Window = 65536
	// MaxHandles is how many handles of a stream may be not done (MUX-LIMIT-001).
	MaxHandles = 1024
	// Envelope is how many bytes a frame may have more than a message (MUX-LIMIT-006).
	Envelope = 64
	// longestDescription is how many bytes a failure's may have (MUX-FAIL-003).
	longestDescription = 1024
)

// The numbers of the fields of HandleRequest and HandleResponse.
const (
	fieldHandle  = 1
	fieldStart   = 2
	fieldOpen    = 3
	fieldMessage = 4
	fieldCredit  = 5
	fieldClose   = 6 // of the function: closed
	fieldFailure = 7

	failureDescription = 2 // in failure
)

// frame is one frame of the function, decoded but for its message.
type frame struct {
	handle int64
	// number is that of the case's field; 0 when none is set.
	number protowire.Number
	// body holds the bytes of the case.
	body []byte
}

var errFrame = errors.New("it is no frame")

// readFrame reads a frame as protobuf reads a HandleResponse: unknown fields are
// skipped (MUX-MSG-009), and of several cases the last counts. The parts of a case
// that is there in parts are joined, which is how protobuf merges them; those of the
// message replace each other. The frame's body is part of data where it is whole.
func readFrame(data []byte) (frame, error) {
	var f frame
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 || number > protowire.MaxValidNumber {
			return frame{}, errFrame
		}
		data = data[n:]
		if n = f.field(number, kind, data); n < 0 {
			return frame{}, errFrame
		}
		data = data[n:]
	}
	return f, nil
}

// field reads one field, and returns its length; below 0 where it is none.
func (f *frame) field(number protowire.Number, kind protowire.Type, data []byte) int {
	switch {
	case number == fieldHandle && kind == protowire.VarintType:
		value, n := protowire.ConsumeVarint(data)
		f.handle = int64(value)
		return n
	case number >= fieldMessage && number <= fieldFailure && kind == protowire.BytesType:
		body, n := protowire.ConsumeBytes(data)
		if number != fieldMessage && n >= 0 && !isMessage(number, body) {
			return -1
		}
		if f.number == number && number != fieldMessage {
			body = append(slices.Clip(f.body), body...)
		}
		f.number, f.body = number, body
		return n
	default:
		return protowire.ConsumeFieldValue(number, kind, data)
	}
}

// isMessage reports whether the bytes of a case are a message.
func isMessage(number protowire.Number, body []byte) bool {
	for len(body) > 0 {
		inner, kind, n := protowire.ConsumeField(body)
		if n < 0 || inner > protowire.MaxValidNumber {
			return false
		}
		if number == fieldFailure && inner == failureDescription && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(body)
			if text, _ := protowire.ConsumeBytes(body[tag:]); !utf8.Valid(text) {
				return false
			}
		}
		body = body[n:]
	}
	return true
}

// credit returns the bytes of a credit.
func (f *frame) credit() (credit int64) {
	eachField(f.body, func(number protowire.Number, kind protowire.Type, data []byte) {
		if number == 1 && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(data)
			credit = int64(value)
		}
	})
	return credit
}

// failure returns the code and the description of a failure.
func (f *frame) failure() (code int32, description string) {
	if f.number != fieldFailure {
		return 0, ""
	}
	eachField(f.body, func(number protowire.Number, kind protowire.Type, data []byte) {
		switch {
		case number == 1 && kind == protowire.VarintType:
			value, _ := protowire.ConsumeVarint(data)
			code = int32(value)
		case number == failureDescription && kind == protowire.BytesType:
			text, _ := protowire.ConsumeString(data)
			description = text
		}
	})
	return code, description
}

// eachField calls take with each field of a message that was checked.
func eachField(data []byte, take func(protowire.Number, protowire.Type, []byte)) {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		take(number, kind, data[n:])
		data = data[n+protowire.ConsumeFieldValue(number, kind, data[n:]):]
	}
}

// begin returns a frame with room for a case of so many bytes, and the handle in it.
func begin(handle int64, size int) []byte {
	data := make([]byte, 0, size+Envelope)
	data = protowire.AppendTag(data, fieldHandle, protowire.VarintType)
	return protowire.AppendVarint(data, uint64(handle))
}

func startFrame(entityType string) []byte {
	inner := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), entityType)
	return protowire.AppendBytes(protowire.AppendTag(nil, fieldStart, protowire.BytesType), inner) // handle 0 is absent
}

func openFrame(handle int64, init []byte) []byte {
	data := protowire.AppendTag(begin(handle, len(init)+protowire.SizeBytes(len(init))), fieldOpen, protowire.BytesType)
	data = protowire.AppendVarint(data, uint64(protowire.SizeTag(1)+protowire.SizeBytes(len(init))))
	return protowire.AppendBytes(protowire.AppendTag(data, 1, protowire.BytesType), init)
}

func messageFrame(handle int64, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(begin(handle, len(message)), fieldMessage, protowire.BytesType), message)
}

func creditFrame(handle, credit int64) []byte {
	inner := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(credit))
	return protowire.AppendBytes(protowire.AppendTag(begin(handle, 0), fieldCredit, protowire.BytesType), inner)
}

func closeFrame(handle int64, reset bool) []byte {
	var inner []byte
	if reset {
		inner = protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	}
	return protowire.AppendBytes(protowire.AppendTag(begin(handle, 0), fieldClose, protowire.BytesType), inner)
}

// Failed is why a handle has ended by the function's failure. Its code reaches no
// caller (MUX-FAIL-004).
type Failed struct { //nolint:errname // the protocol's own word for it
	Code        int32
	Description string
}

// Error says what the function has said.
func (f *Failed) Error() string {
	return fmt.Sprintf("the function has failed the entity with code %d: %s", f.Code, f.Description)
}
