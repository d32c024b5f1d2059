package pebble

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// FORMAT.md describes the values. Each begins with a checksum over its key and
// its body: it finds bytes that changed, and a value under another's key.
const (
	checksumSize = 4
	sequenceSize = 8
)

// seal returns the value of the record: the checksum and the body.
func seal(key, body []byte) []byte {
	value := binary.BigEndian.AppendUint32(make([]byte, 0, checksumSize+len(body)), checksum(key, body))
	return append(value, body...)
}

// unseal returns the body of the value, which it shares.
func unseal(key, value []byte) ([]byte, error) {
	if len(value) < checksumSize {
		return nil, fmt.Errorf("a value of %d bytes has no checksum", len(value))
	}
	body := value[checksumSize:]
	if got, want := checksum(key, body), binary.BigEndian.Uint32(value); got != want {
		return nil, fmt.Errorf("the checksum is %08x, not %08x", got, want)
	}
	return body, nil
}

func checksum(key, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, body)
}

// encodeHead returns the value of a head: the sequence of the last event.
func encodeHead(key []byte, last int64) []byte {
	return seal(key, binary.BigEndian.AppendUint64(nil, uint64(last)))
}

func decodeHead(key, value []byte) (int64, error) {
	body, err := unseal(key, value)
	if err != nil {
		return 0, err
	}
	if len(body) != sequenceSize {
		return 0, fmt.Errorf("a head of %d bytes", len(body))
	}
	return parseSequence(body)
}

// encodeSnapshot returns the value of a snapshot: the sequence of the last event
// that it covers, and the state.
func encodeSnapshot(key []byte, sequence int64, state *anypb.Any) []byte {
	return seal(key, appendPayload(binary.BigEndian.AppendUint64(nil, uint64(sequence)), state))
}

func decodeSnapshot(key, value []byte) (*entity.Snapshot, error) {
	body, err := unseal(key, value)
	if err != nil {
		return nil, err
	}
	if len(body) < sequenceSize {
		return nil, fmt.Errorf("a snapshot of %d bytes", len(body))
	}
	sequence, err := parseSequence(body[:sequenceSize])
	if err != nil {
		return nil, err
	}
	state, err := parsePayload(body[sequenceSize:])
	if err != nil {
		return nil, err
	}
	return &entity.Snapshot{Sequence: sequence, State: state}, nil
}

// encodeEvent returns the value of an event: its payload.
func encodeEvent(key []byte, payload *anypb.Any) []byte {
	return seal(key, appendPayload(nil, payload))
}

func decodeEvent(key, value []byte) (*anypb.Any, error) {
	body, err := unseal(key, value)
	if err != nil {
		return nil, err
	}
	return parsePayload(body)
}

// appendPayload appends the length of the type URL, the type URL, and the bytes.
// A nil payload is an empty one.
func appendPayload(b []byte, payload *anypb.Any) []byte {
	b = binary.AppendUvarint(b, uint64(len(payload.GetTypeUrl())))
	b = append(b, payload.GetTypeUrl()...)
	return append(b, payload.GetValue()...)
}

// parsePayload returns a payload that shares no memory with b.
func parsePayload(b []byte) (*anypb.Any, error) {
	length, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, errors.New("a payload without the length of its type URL")
	}
	if b = b[n:]; length > uint64(len(b)) {
		return nil, fmt.Errorf("a type URL of %d bytes in %d", length, len(b))
	}
	return &anypb.Any{TypeUrl: string(b[:length]), Value: bytes.Clone(b[length:])}, nil
}
