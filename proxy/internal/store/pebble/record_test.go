package pebble

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// key is that of the records of these tests.
var key = []byte("key")

// kinds lists the kinds of record: an example of each, its body as FORMAT.md has it,
// and what reads a value and writes it again.
func kinds(tb testing.TB) map[string]struct {
	value, body []byte
	again       func(key, value []byte) ([]byte, error)
} {
	tb.Helper()
	at := time.UnixMilli(258).UTC()
	payload := &anypb.Any{TypeUrl: "t/T", Value: []byte{0x0a, 0x00}}
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{Key: "k"}}}
	event, err := encodeEvent(key, 7, entity.Event{Time: at, Metadata: metadata, Payload: payload})
	if err != nil {
		tb.Fatal(err)
	}
	digest := [32]byte{1, 2}
	number := func(n byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, n} }
	early := []byte{0, 0, 0, 0, 0, 0, 1, 2}
	packed := []byte{3, 't', '/', 'T', 0x0a, 0}
	parked := &store.Parking{At: at, Attempts: 3, Code: -1, Text: "why"}
	source := store.ID{Persistence: "p", Entity: "e"}
	return map[string]struct {
		value, body []byte
		again       func(key, value []byte) ([]byte, error)
	}{
		"head": {encodeHead(key, head{last: 5}), join(number(5), []byte{0}), again(decodeHead, encodeHead)},
		"head of a deleted one": {
			encodeHead(key, head{last: 5, deleted: true}), join(number(5), []byte{1}), again(decodeHead, encodeHead),
		},
		"snapshot": {
			encodeSnapshot(key, &entity.Snapshot{Sequence: 3, State: payload}), join(number(3), packed),
			again(decodeSnapshot, encodeSnapshot),
		},
		"event": {event, join(number(7), early, []byte{5, 0x0a, 3, 0x0a, 1, 'k'}, packed), eventAgain},
		"entry": {
			encodeEntry(key, entry{entity: "e", sequence: 9}), join(number(9), []byte("e")), again(decodeEntry, encodeEntry),
		},
		"value": {
			encodeValue(key, value{revision: 4, value: payload, ends: at}), join(number(4), early, []byte{1}, packed),
			again(decodeValue, encodeValue),
		},
		"no value": {
			encodeValue(key, value{revision: 4, ends: at}), join(number(4), early, []byte{0}), again(decodeValue, encodeValue),
		},
		"answer": {
			encodeAnswer(key, store.Record{Expires: at, Command: "C", Digest: digest, Answer: []byte("a")}),
			join(early, []byte{1, 'C'}, digest[:], []byte("a")), again(decodeAnswer, encodeAnswer),
		},
		"effect": {
			encodeEffect(key, store.Effect{Source: source, Stored: at, Body: []byte("b")}),
			join([]byte{1, 'p', 1, 'e'}, early, []byte{0, 'b'}), again(decodeEffect, encodeEffect),
		},
		"parked effect": {
			encodeEffect(key, store.Effect{Source: source, Stored: at, Body: []byte("b"), Parked: parked}),
			join([]byte{1, 'p', 1, 'e'}, early, []byte{1}, early, number(3), []byte{0, 0, 0, 0, 255, 255, 255, 255, 3}, []byte("whyb")),
			again(decodeEffect, encodeEffect),
		},
		"kind": {seal(key, []byte("kind")), []byte("kind"), again(decodeKind, func(key []byte, kind string) []byte {
			return seal(key, []byte(kind))
		})},
		"state": {encodeState(key, state{epoch: 6, upgraded: true}), join(number(6), []byte{1}), again(decodeState, encodeState)},
	}
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// again reads a value, and writes what it has read.
func again[T any](
	decode func(key, value []byte) (T, error), encode func(key []byte, record T) []byte,
) func(key, value []byte) ([]byte, error) {
	return func(key, value []byte) ([]byte, error) {
		record, err := decode(key, value)
		if err != nil {
			return nil, err
		}
		return encode(key, record), nil
	}
}

func eventAgain(key, value []byte) ([]byte, error) {
	event, offset, err := decodeEvent(key, value)
	if err != nil {
		return nil, err
	}
	return encodeEvent(key, offset, event)
}

// TestValueBytes holds the values to FORMAT.md.
func TestValueBytes(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds(t) {
		if got := kind.value[checksumSize:]; !bytes.Equal(got, kind.body) {
			t.Errorf("the body of the %s is % x, want % x", name, got, kind.body)
		}
		if got, err := kind.again(key, kind.value); err != nil || !bytes.Equal(got, kind.value) {
			t.Errorf("the %s is read as what would be % x (%v), and is % x", name, got, err, kind.value)
		}
	}
	// The check value of CRC-32C, over a key and a body.
	if got, want := seal([]byte("1234"), []byte("56789"))[:checksumSize], []byte{0xe3, 0x06, 0x92, 0x83}; !bytes.Equal(got, want) {
		t.Errorf("the checksum of 123456789 is % x, want % x", got, want)
	}
}

func TestChecksumCoversKeyAndBody(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds(t) {
		if _, err := kind.again([]byte("kez"), kind.value); err == nil {
			t.Errorf("the %s is taken for that of another key", name)
		}
		for i := range kind.value {
			for bit := range 8 {
				broken := bytes.Clone(kind.value)
				broken[i] ^= 1 << bit
				if _, err := kind.again(key, broken); err == nil {
					t.Errorf("the %s with bit %d of byte %d turned is taken", name, bit, i)
				}
			}
			if _, err := kind.again(key, kind.value[:i]); err == nil {
				t.Errorf("the %s cut at byte %d is taken", name, i)
			}
		}
	}
}

// TestZeroTimes: what has no time has none when it is read.
func TestZeroTimes(t *testing.T) {
	t.Parallel()
	stored, err := encodeEvent(key, 1, entity.Event{})
	if err != nil {
		t.Fatal(err)
	}
	event, _, err := decodeEvent(key, stored)
	if err != nil || !event.Time.IsZero() || event.Metadata != nil {
		t.Errorf("an event of nothing is read as %v (%v)", event, err)
	}
	v, err := decodeValue(key, encodeValue(key, value{revision: 1}))
	if err != nil || !v.ends.IsZero() {
		t.Errorf("a value that does not expire ends at %v (%v)", v.ends, err)
	}
}

// FuzzDecode seals what it is given, so that it gets past the checksum, and reads it
// as a record of each kind. What is taken means the same when it is written again.
func FuzzDecode(f *testing.F) {
	for _, kind := range kinds(f) {
		f.Add(kind.body)
		f.Add(kind.body[:len(kind.body)-1])
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 30))
	f.Add(append(make([]byte, 8), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 't'))
	f.Add(append(make([]byte, 16), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	all := kinds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, kind := range all {
			first, err := kind.again(key, seal(key, body))
			if err != nil {
				continue
			}
			// The first may be shorter: a length can be written in several ways.
			second, err := kind.again(key, first)
			if err != nil || !bytes.Equal(first, second) {
				t.Errorf("% x is read as a %s % x, and that as % x (%v)", body, name, first, second, err)
			}
		}
		if last, err := decodeOldHead(key, seal(key, body)); err == nil &&
			!bytes.Equal(body, appendNumber(nil, last)) {
			t.Errorf("% x is read as a head of version 1 at %d", body, last)
		}
	})
}

// FuzzParseDue checks that the keys of what is due are read as they are written, and
// sort by time.
func FuzzParseDue(f *testing.F) {
	f.Add(dueKey(due{at: time.UnixMilli(1), id: store.ID{Persistence: "a", Entity: "\x00"}, kind: kindAnswer, key: "k"}), int64(2))
	f.Add(dueKey(due{at: time.Time{}, kind: kindHead}), int64(-1))
	f.Add(dueKey(due{at: time.UnixMilli(-1), kind: kindValue}), int64(-1))
	f.Add([]byte{spaceDue}, int64(0))
	f.Add(append(dueKey(due{kind: kindHead}), 0), int64(0))
	f.Fuzz(func(t *testing.T, key []byte, milliseconds int64) {
		d, err := parseDue(key)
		if err != nil {
			return
		}
		if got := dueKey(d); !bytes.Equal(got, key) {
			t.Errorf("% x is read as what would be % x", key, got)
		}
		bound := dueBound(time.UnixMilli(milliseconds))
		if before := d.at.UnixMilli() < milliseconds; before != (bytes.Compare(key, bound) < 0) {
			t.Errorf("% x of %d is on the wrong side of %d", key, d.at.UnixMilli(), milliseconds)
		}
	})
}

// FuzzParseString checks that a string ends where it ends.
func FuzzParseString(f *testing.F) {
	f.Add([]byte("a\x00\x01b"))
	f.Add([]byte("a\x00\xff\x00\x01"))
	f.Add([]byte("a\x00\x02\x00\x01"))
	f.Add([]byte("a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest, err := parseString(b)
		if err == nil && !bytes.Equal(append(appendString(nil, s), rest...), b) {
			t.Errorf("% x is read as %q and % x", b, s, rest)
		}
	})
}

// TestKeysOfSpaces holds the keys that are not of one entity to FORMAT.md.
func TestKeysOfSpaces(t *testing.T) {
	t.Parallel()
	id := store.ID{Persistence: "p", Entity: "e"}
	for want, got := range map[string][]byte{
		"02 e\x00\x01":                                 effectKey("e"),
		"03 p\x00\x01e\x00\x01n\x00\x01":               replicaKey(id, "n"),
		"04 p\x00\x01\x00\x00\x00\x00\x00\x00\x01\x02": logKey("p", 258),
		"06 p\x00\x01":                                 kindKey("p"),
		"07 ":                                          stateKey(),
		"05 \x80\x00\x00\x00\x00\x00\x01\x02p\x00\x01e\x00\x01\x06k\x00\x01": dueKey(due{at: time.UnixMilli(258), id: id, kind: kindAnswer, key: "k"}),
		"05 \x7f\xff\xff\xff\xff\xff\xff\xffp\x00\x01e\x00\x01\x01":          dueKey(due{at: time.UnixMilli(-1), id: id, kind: kindHead}),
		"01 p\x00\x01e\x00\x01\x06k\x00\x01":                                 answerKey(appendPrefix(nil, id), "k"),
	} {
		if got := fmt.Sprintf("%02x %s", got[0], got[1:]); got != want {
			t.Errorf("the key is %q, want %q", got, want)
		}
	}
}
