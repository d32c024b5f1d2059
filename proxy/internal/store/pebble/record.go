package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// FORMAT.md describes the values. Each begins with a checksum over its key and
// its body: it finds bytes that changed, and a value under another's key.
const checksumSize = 4

// begin returns a value to append the body to, which takes about so many bytes. It has
// room for the checksum.
func begin(size int) []byte { return make([]byte, checksumSize, checksumSize+size) }

// finish returns the value with its checksum.
func finish(key, value []byte) []byte {
	binary.BigEndian.PutUint32(value, checksum(key, value[checksumSize:]))
	return value
}

// seal returns the value of the record: the checksum and the body.
func seal(key, body []byte) []byte { return finish(key, append(begin(len(body)), body...)) }

// unseal returns the body of the value, which it shares.
func unseal(key, value []byte) body {
	if len(value) < checksumSize {
		return body{err: fmt.Errorf("a value of %d bytes has no checksum", len(value))}
	}
	rest := value[checksumSize:]
	if got, want := checksum(key, rest), binary.BigEndian.Uint32(value); got != want {
		return body{err: fmt.Errorf("the checksum is %08x, not %08x", got, want)}
	}
	return body{rest: rest}
}

func checksum(key, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, body)
}

// head is what the store says of a journal: the sequence of its last event, and
// whether it has been deleted. A journal that has neither has no head.
type head struct {
	last    int64
	deleted bool
}

func encodeHead(key []byte, h head) []byte {
	return finish(key, appendFlag(appendNumber(begin(16), h.last), h.deleted))
}

func decodeHead(key, value []byte) (head, error) {
	b := unseal(key, value)
	h := head{last: b.number("the last sequence"), deleted: b.flag("the mark of a deletion")}
	if err := b.end(); err != nil {
		return head{}, err
	}
	if h.last == 0 && !h.deleted {
		return head{}, errors.New("a head of nothing")
	}
	return h, nil
}

// encodeSnapshot returns the value of a snapshot: the sequence of the last event
// that it covers, and the state.
func encodeSnapshot(key []byte, snapshot *entity.Snapshot) []byte {
	size := payloadSize(snapshot.State) + 16
	return finish(key, appendPayload(appendNumber(begin(size), snapshot.Sequence), snapshot.State))
}

func decodeSnapshot(key, value []byte) (*entity.Snapshot, error) {
	b := unseal(key, value)
	snapshot := &entity.Snapshot{Sequence: b.number("the sequence"), State: b.payload()}
	if err := b.end(); err != nil {
		return nil, err
	}
	if snapshot.Sequence == 0 {
		return nil, errors.New("0 is no sequence")
	}
	return snapshot, nil
}

// encodeEvent returns the value of an event: its offset in the log, its time, its
// metadata and its payload. The sequence is in the key.
func encodeEvent(key []byte, offset int64, event entity.Event) ([]byte, error) {
	metadata, err := proto.Marshal(event.Metadata)
	if err != nil {
		return nil, fmt.Errorf("the metadata of an event: %w", err)
	}
	b := begin(payloadSize(event.Payload) + len(metadata) + 32)
	b = appendTime(appendNumber(b, offset), event.Time)
	b = appendCounted(b, metadata)
	return finish(key, appendPayload(b, event.Payload)), nil
}

// decodeEvent returns the event, but for its sequence, and its offset.
func decodeEvent(key, value []byte) (event entity.Event, offset int64, err error) {
	b := unseal(key, value)
	offset = b.number("the offset")
	event = entity.Event{Time: b.time("the time"), Metadata: b.metadata(), Payload: b.payload()}
	if err := b.end(); err != nil {
		return entity.Event{}, 0, err
	}
	return event, offset, nil
}

// entry is where the log points to: an event of an entity with its persistence id.
type entry struct {
	entity   string
	sequence int64
}

func encodeEntry(key []byte, e entry) []byte {
	return finish(key, append(appendNumber(begin(8+len(e.entity)), e.sequence), e.entity...))
}

func decodeEntry(key, value []byte) (entry, error) {
	b := unseal(key, value)
	e := entry{sequence: b.number("the sequence"), entity: string(b.all())}
	return e, b.end()
}

// value is what the store has of a value entity.
type value struct {
	revision int64
	value    *anypb.Any // nil when there is none
	ends     time.Time  // zero when it does not expire
}

// over reports whether the value has expired.
func (v value) over(now time.Time) bool { return !v.ends.IsZero() && !now.Before(v.ends) }

func encodeValue(key []byte, v value) []byte {
	b := begin(payloadSize(v.value) + 32)
	b = appendFlag(appendTime(appendNumber(b, v.revision), v.ends), v.value != nil)
	if v.value != nil {
		b = appendPayload(b, v.value)
	}
	return finish(key, b)
}

func decodeValue(key, stored []byte) (value, error) {
	b := unseal(key, stored)
	v := value{revision: b.number("the revision"), ends: b.time("the end")}
	if b.flag("the mark of a value") {
		v.value = b.payload()
	}
	return v, b.end()
}

func encodeAnswer(key []byte, record store.Record) []byte {
	b := begin(len(record.Command) + len(record.Answer) + 64)
	b = appendCounted(appendTime(b, record.Expires), record.Command)
	b = append(b, record.Digest[:]...)
	return finish(key, append(b, record.Answer...))
}

// decodeAnswer returns the record, but for its key, which is in that of the value.
func decodeAnswer(key, value []byte) (store.Record, error) {
	b := unseal(key, value)
	record := store.Record{Expires: b.time("the end"), Command: b.text("a command")}
	copy(record.Digest[:], b.take(uint64(len(record.Digest)), "a digest"))
	record.Answer = b.all()
	return record, b.end()
}

func encodeEffect(key []byte, effect store.Effect) []byte {
	b := appendCounted(begin(len(effect.Body)+128), effect.Source.Persistence)
	b = appendCounted(b, effect.Source.Entity)
	b = appendTime(b, effect.Stored)
	b = appendFlag(b, effect.Parked != nil)
	if p := effect.Parked; p != nil {
		b = appendNumber(appendTime(b, p.At), int64(p.Attempts))
		b = appendCounted(appendNumber(b, int64(uint32(p.Code))), p.Text)
	}
	return finish(key, append(b, effect.Body...))
}

// decodeEffect returns the effect, but for its id, which is in the key.
func decodeEffect(key, value []byte) (store.Effect, error) {
	b := unseal(key, value)
	effect := store.Effect{
		Source: store.ID{Persistence: b.text("a persistence id"), Entity: b.text("an entity")},
		Stored: b.time("the time of storing"),
	}
	if b.flag("the mark of parking") {
		effect.Parked = &store.Parking{At: b.time("the time of parking"), Attempts: int(b.number("the attempts"))}
		code := b.number("the code")
		if code > math.MaxUint32 {
			b.failf("the code is %d", code)
		}
		effect.Parked.Code, effect.Parked.Text = int32(uint32(code)), b.text("the reason")
	}
	effect.Body = b.all()
	return effect, b.end()
}

// state is what is said of the store as a whole.
type state struct {
	// epoch is above that of every claim which is not of the present opening, and
	// not below that of any.
	epoch int64
	// upgraded says that no record of an older version is left.
	upgraded bool
}

func encodeState(key []byte, s state) []byte {
	return finish(key, appendFlag(appendNumber(begin(16), s.epoch), s.upgraded))
}

func decodeState(key, value []byte) (state, error) {
	b := unseal(key, value)
	s := state{epoch: b.number("the epoch"), upgraded: b.flag("the mark of an upgrade")}
	if s.epoch > maxEpoch {
		b.failf("the epoch is %d", s.epoch)
	}
	return s, b.end()
}
