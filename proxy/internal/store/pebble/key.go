package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// FORMAT.md describes the keys. Those of one entity sort by persistence id, entity,
// kind and sequence, and no other entity's lie between them.
const (
	spaceEntities = 0x01 // what belongs to one entity
	spaceEffects  = 0x02 // durable side effects, by id
	spaceReplicas = 0x03 // copies of replicated entities, by node
	spaceLog      = 0x04 // which event has which offset, by persistence id
	spaceDue      = 0x05 // what has its time, by that
	spaceKinds    = 0x06 // the kind of each persistence id
	spaceStore    = 0x07 // what is said of the store as a whole

	// The kinds of record of one entity. Load reads the first ones in their order.
	kindHead     = 0x01
	kindSnapshot = 0x02
	kindOldEvent = 0x03 // of version 1
	kindEvent    = 0x04
	kindValue    = 0x05
	kindAnswer   = 0x06
	kindEnd      = 0xff // no record; above all that are
)

const (
	sequenceSize = 8
	timeSize     = 8
)

// appendPrefix appends what all keys of the entity, and no others, begin with.
func appendPrefix(b []byte, id store.ID) []byte {
	b = slices.Grow(b, len(id.Persistence)+len(id.Entity)+8)
	return appendID(append(b, spaceEntities), id)
}

// appendID appends both parts of the id.
func appendID(b []byte, id store.ID) []byte {
	return appendString(appendString(b, id.Persistence), id.Entity)
}

// appendString appends s so that its end is known and the order is kept: a zero
// byte becomes 00 ff, and 00 01 ends the string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		b = append(b, s[i])
		if s[i] == 0 {
			b = append(b, 0xff)
		}
	}
	return append(b, 0, 1)
}

// parseString reads what appendString appends, and returns what follows it.
func parseString(b []byte) (s string, rest []byte, err error) {
	var text []byte
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] != 0:
			text = append(text, b[i])
		case b[i+1] == 0xff:
			text = append(text, 0)
			i++
		case b[i+1] == 1:
			return string(text), b[i+2:], nil
		default:
			return "", nil, fmt.Errorf("a string holds 00 %02x", b[i+1])
		}
	}
	return "", nil, errors.New("a string without an end")
}

// parseID reads what appendID appends, and returns what follows it.
func parseID(b []byte) (id store.ID, rest []byte, err error) {
	if id.Persistence, rest, err = parseString(b); err != nil {
		return store.ID{}, nil, err
	}
	if id.Entity, rest, err = parseString(rest); err != nil {
		return store.ID{}, nil, err
	}
	return id, rest, nil
}

// recordKey returns the key of the one record of the kind, in memory of its own.
func recordKey(prefix []byte, kind byte) []byte {
	key := make([]byte, 0, len(prefix)+1+sequenceSize) // room for an event's
	return append(append(key, prefix...), kind)
}

// eventKey returns the key of one event, in memory of its own.
func eventKey(prefix []byte, sequence int64) []byte {
	return binary.BigEndian.AppendUint64(recordKey(prefix, kindEvent), uint64(sequence))
}

// answerKey returns the key of the answer under the idempotency key.
func answerKey(prefix []byte, key string) []byte {
	return appendString(recordKey(prefix, kindAnswer), key)
}

// effectKey returns the key of the effect.
func effectKey(id string) []byte { return appendString([]byte{spaceEffects}, id) }

// replicaKey returns the key of the node's copy; without the node, what the keys of
// all copies of the entity begin with.
func replicaKey(id store.ID, node ...string) []byte {
	key := appendID([]byte{spaceReplicas}, id)
	for _, n := range node {
		key = appendString(key, n)
	}
	return key
}

// logKey returns the key of the entry with the offset.
func logKey(persistence string, offset int64) []byte {
	key := append(make([]byte, 0, len(persistence)+16), spaceLog)
	return binary.BigEndian.AppendUint64(appendString(key, persistence), uint64(offset))
}

// kindKey returns the key of the kind of the persistence id.
func kindKey(persistence string) []byte { return appendString([]byte{spaceKinds}, persistence) }

// stateKey is the key of the one record of the store as a whole.
func stateKey() []byte { return []byte{spaceStore} }

// due is something that has its time: the record of an entity, and when it may go.
type due struct {
	at   time.Time
	id   store.ID
	kind byte   // kindHead for all events of a deleted entity, kindValue or kindAnswer
	key  string // the idempotency key of an answer
}

// dueKey returns the key of what is due. Keys sort by time.
func dueKey(d due) []byte {
	key := appendID(dueBound(d.at), d.id)
	key = append(key, d.kind)
	if d.kind == kindAnswer {
		key = appendString(key, d.key)
	}
	return key
}

// dueBound returns what is above the key of everything that is due before the time,
// and not above that of anything else.
func dueBound(at time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte{spaceDue}, uint64(at.UnixMilli())^(1<<63))
}

// parseDue reads the key of something that is due.
func parseDue(key []byte) (d due, err error) {
	if len(key) < 1+timeSize || key[0] != spaceDue {
		return due{}, fmt.Errorf("% x is no key of what is due", key)
	}
	d.at = parseTime(binary.BigEndian.Uint64(key[1:]) ^ (1 << 63))
	rest := key[1+timeSize:]
	if d.id, rest, err = parseID(rest); err != nil {
		return due{}, err
	}
	switch {
	case len(rest) == 1 && (rest[0] == kindHead || rest[0] == kindValue):
		d.kind = rest[0]
		return d, nil
	case len(rest) > 1 && rest[0] == kindAnswer:
		d.kind = kindAnswer
		if d.key, rest, err = parseString(rest[1:]); err != nil {
			return due{}, err
		}
		if len(rest) == 0 {
			return d, nil
		}
	}
	return due{}, fmt.Errorf("a key of what is due ends in % x", rest)
}

// parseTime returns the time of so many milliseconds since 1970, in UTC. That of the
// zero time is the zero time.
func parseTime(milliseconds uint64) time.Time { return time.UnixMilli(int64(milliseconds)).UTC() }

// parseSuffix reads what follows the prefix in a key: the kind, and of an event
// its sequence.
func parseSuffix(suffix []byte) (kind byte, sequence int64, err error) {
	switch {
	case len(suffix) == 1 && (suffix[0] == kindHead || suffix[0] == kindSnapshot || suffix[0] == kindValue):
		return suffix[0], 0, nil
	case len(suffix) == 1+sequenceSize && (suffix[0] == kindEvent || suffix[0] == kindOldEvent):
		sequence, err := parseSequence(suffix[1:])
		return suffix[0], sequence, err
	default:
		return 0, 0, fmt.Errorf("a key ends in % x, which is no kind of record", suffix)
	}
}

// parseSequence reads a sequence, which is 1 or more.
func parseSequence(b []byte) (int64, error) {
	n := binary.BigEndian.Uint64(b)
	if n == 0 || n > math.MaxInt64 {
		return 0, fmt.Errorf("%d is no sequence", n)
	}
	return int64(n), nil
}
