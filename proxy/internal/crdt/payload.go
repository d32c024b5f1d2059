package crdt

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"
)

// Payload is an element of a set, a key of a map or the value of a register. Two are
// equal when their type URLs and their bytes are, and not otherwise (REP-EQ-001).
type Payload struct{ Type, Bytes string }

// payloadOf returns what the message holds.
func payloadOf(message *anypb.Any) Payload {
	return Payload{Type: message.GetTypeUrl(), Bytes: string(message.GetValue())}
}

// Any returns the payload as a message of its own.
func (p Payload) Any() *anypb.Any { return &anypb.Any{TypeUrl: p.Type, Value: []byte(p.Bytes)} }

// compare orders payloads by type URL and bytes, each byte from 0 to 255
// (REP-LWW-007).
func (p Payload) compare(other Payload) int {
	if c := cmp.Compare(p.Type, other.Type); c != 0 {
		return c
	}
	return cmp.Compare(p.Bytes, other.Bytes)
}

// sorted goes through the map in the order of its keys.
func sorted[V any](m map[Payload]V) iter.Seq2[Payload, V] {
	return func(yield func(Payload, V) bool) {
		for _, key := range slices.SortedFunc(maps.Keys(m), Payload.compare) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
