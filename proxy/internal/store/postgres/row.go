package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// keyOf returns what rows of the entity are found by: the SHA-256 of the length of
// the persistence id, the persistence id, and the entity's key.
func keyOf(id store.ID) []byte {
	text := binary.BigEndian.AppendUint64(nil, uint64(len(id.Persistence)))
	text = append(text, id.Persistence...)
	sum := sha256.Sum256(append(text, id.Entity...))
	return sum[:]
}

// logOf returns by what the events of a persistence id are found. Another may have
// the same: who reads compares the names.
func logOf(persistence string) int64 {
	sum := sha256.Sum256([]byte(persistence))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// present returns a copy of the bytes that is not nil, for nil is null.
func present[T string | []byte](b T) []byte { return append([]byte{}, b...) }

// nanos returns the time as rows have it; nil for none.
func nanos(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixNano()
	return &n
}

// timeOf is the inverse of nanos.
func timeOf(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.Unix(0, *n).UTC()
}

// checksum returns the CRC-32C of the row: it finds a row that is not what was
// written, or that stands under another's key.
func checksum(key []byte, number int64, at *int64, parts ...[]byte) int64 {
	table := crc32.MakeTable(crc32.Castagnoli)
	head := binary.BigEndian.AppendUint64(nil, uint64(number))
	if at != nil {
		head = binary.BigEndian.AppendUint64(head, uint64(*at))
	}
	sum := crc32.Update(crc32.Checksum(key, table), table, head)
	for _, part := range parts {
		length := []byte{0}
		if part != nil {
			length = binary.BigEndian.AppendUint64([]byte{1}, uint64(len(part)))
		}
		sum = crc32.Update(crc32.Update(sum, table, length), table, part)
	}
	return int64(sum)
}

// eventRow is one row of the journal, but for its key and its offset.
type eventRow struct {
	sequence                int64
	kind, payload, metadata []byte
	time                    *int64
	checksum                int64
}

func newEventRow(key []byte, sequence int64, event entity.Event) (eventRow, error) {
	row := eventRow{
		sequence: sequence,
		kind:     present(event.Payload.GetTypeUrl()),
		payload:  present(event.Payload.GetValue()),
		time:     nanos(event.Time),
	}
	if event.Metadata != nil {
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(event.Metadata)
		if err != nil {
			return row, fmt.Errorf("the metadata of an event: %w", err)
		}
		row.metadata = present(encoded)
	}
	row.checksum = row.sum(key)
	return row, nil
}

// size returns how many bytes the row has, but for numbers.
func (r *eventRow) size() int { return len(r.kind) + len(r.payload) + len(r.metadata) }

func (r *eventRow) sum(key []byte) int64 {
	return checksum(key, r.sequence, r.time, r.kind, r.payload, r.metadata)
}

// event returns what the row holds, or why it is not what was written.
func (r *eventRow) event(key []byte) (entity.Event, error) {
	if r.sum(key) != r.checksum {
		return entity.Event{}, fmt.Errorf("its event %d has another checksum", r.sequence)
	}
	event := entity.Event{
		Sequence: r.sequence,
		Payload:  &anypb.Any{TypeUrl: string(r.kind), Value: r.payload},
		Time:     timeOf(r.time),
	}
	if r.metadata != nil {
		event.Metadata = &entityv1.Metadata{}
		if err := proto.Unmarshal(r.metadata, event.Metadata); err != nil {
			return entity.Event{}, fmt.Errorf("the metadata of its event %d: %w", r.sequence, err)
		}
	}
	return event, nil
}

// corrupt names the entity whose rows are not what was written.
func corrupt(id store.ID, err error) error {
	return fmt.Errorf("%w: %v: %w", store.ErrCorrupt, id, err)
}
