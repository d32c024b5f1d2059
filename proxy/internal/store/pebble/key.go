package pebble

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/stateward/stateward/proxy/internal/store"
)

// FORMAT.md describes the keys. They sort by persistence id, entity, kind and
// sequence, and no entity's keys lie between those of another.
const (
	// spaceEntities begins the key of everything that belongs to one entity.
	spaceEntities = 0x01

	// The kinds of record of one entity, in the order in which Load reads them.
	kindHead     = 0x01
	kindSnapshot = 0x02
	kindEvent    = 0x03
	kindEnd      = 0xff // no record; above all that are
)

// appendPrefix appends what all keys of the entity, and no others, begin with.
func appendPrefix(b []byte, id store.ID) []byte {
	b = append(b, spaceEntities)
	b = appendString(b, id.Persistence)
	return appendString(b, id.Entity)
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

// recordKey returns the key of the one record of the kind, in memory of its own.
func recordKey(prefix []byte, kind byte) []byte {
	return append(slices.Clip(prefix), kind)
}

// eventKey returns the key of one event, in memory of its own.
func eventKey(prefix []byte, sequence int64) []byte {
	return binary.BigEndian.AppendUint64(recordKey(prefix, kindEvent), uint64(sequence))
}

// parseSuffix reads what follows the prefix in a key: the kind, and of an event
// its sequence.
func parseSuffix(suffix []byte) (kind byte, sequence int64, err error) {
	switch {
	case len(suffix) == 1 && (suffix[0] == kindHead || suffix[0] == kindSnapshot):
		return suffix[0], 0, nil
	case len(suffix) == 9 && suffix[0] == kindEvent:
		sequence, err := parseSequence(suffix[1:])
		return kindEvent, sequence, err
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
