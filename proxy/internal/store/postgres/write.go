package postgres

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// The kinds of writes, as commit.sql tells them apart by what has to be expected: the
// last sequence, the revision, or an event of the snapshot's sequence.
const (
	appends int32 = iota
	changes
	snapshots
)

// write is what one call writes to one entity, on its way to the database. It shares
// no memory with what the caller gave.
type write struct {
	ctx      context.Context // the caller's: a write that nobody waits for any more need not begin
	id       store.ID
	key      []byte // of its rows
	kind     int32
	fence    store.Fence
	expected int64

	events   []eventRow
	snapshot *snapshotRow
	// deleted, when not nil, ends the entity after its last event.
	deleted *entity.Delete
	value   *valueRow
	beside  store.Beside

	size  int        // of payloads, in bytes
	leave func()     // opens the entity's gate, once it is known what has become of the write
	done  chan error // takes what has become of it
	err   error      // the same, for the committer
	again bool       // it was tried once more, for a reason that is gone
}

// snapshotRow is the state after the event of a sequence.
type snapshotRow struct {
	sequence      int64
	kind, payload []byte
	checksum      int64
}

// valueRow is a value entity's revision and its value; kind and payload are nil when
// it has none.
type valueRow struct {
	revision      int64
	kind, payload []byte
	lasts         time.Duration // 0 when it does not expire
}

func newWrite(id store.ID, kind int32, fence store.Fence, expected int64, beside store.Beside) *write {
	w := &write{id: id, key: keyOf(id), kind: kind, fence: fence, expected: expected, done: make(chan error, 1)}
	for _, record := range beside.Records {
		record.Answer = present(record.Answer)
		w.beside.Records = append(w.beside.Records, record)
		w.size += len(record.Answer)
	}
	for _, effect := range beside.Effects {
		effect.Body = present(effect.Body)
		w.beside.Effects = append(w.beside.Effects, effect)
		w.size += len(effect.Body)
	}
	return w
}

// newAppend returns the write of a batch that is valid.
func newAppend(id store.ID, batch store.Batch) (*write, error) {
	w := newWrite(id, appends, batch.Fence, batch.Expected, batch.Beside)
	if len(batch.Events) > maxEvents {
		return nil, fmt.Errorf("a write of %d events; the largest has %d", len(batch.Events), maxEvents)
	}
	for i, event := range batch.Events {
		row, err := newEventRow(w.key, batch.Expected+int64(i)+1, event)
		if err != nil {
			return nil, err
		}
		w.events = append(w.events, row)
		w.size += row.size()
	}
	if batch.Snapshot != nil {
		w.cover(*batch.Snapshot)
	}
	if batch.Delete != nil {
		deleted := *batch.Delete
		w.deleted = &deleted
	}
	return w, w.check()
}

// newSnapshot returns the write of a snapshot that stands alone.
func newSnapshot(id store.ID, fence store.Fence, snapshot entity.Snapshot) (*write, error) {
	w := newWrite(id, snapshots, fence, snapshot.Sequence, store.Beside{})
	w.cover(snapshot)
	return w, w.check()
}

// newChange returns the write of a change that is valid.
func newChange(id store.ID, change store.Change) (*write, error) {
	w := newWrite(id, changes, change.Fence, change.Expected, change.Beside)
	if change.Actions > 0 {
		w.value = &valueRow{revision: change.Expected + int64(change.Actions), lasts: change.ExpireAfter}
		w.value.kind, w.value.payload = parts(change.Update)
		w.size += len(w.value.kind) + len(w.value.payload)
	}
	return w, w.check()
}

// cover adds the snapshot.
func (w *write) cover(snapshot entity.Snapshot) {
	row := &snapshotRow{
		sequence: snapshot.Sequence,
		kind:     present(snapshot.State.GetTypeUrl()),
		payload:  present(snapshot.State.GetValue()),
	}
	row.checksum = checksum(w.key, row.sequence, nil, row.kind, row.payload)
	w.snapshot = row
	w.size += len(row.kind) + len(row.payload)
}

// check refuses a write that is too large for memory.
func (w *write) check() error {
	if w.size > maxSize {
		return fmt.Errorf("a write of %d bytes; the largest has %d", w.size, maxSize)
	}
	return nil
}

// verdict is what the database says of a write.
type verdict struct {
	newest  int64 // epoch of the shard
	fenced  bool
	deleted bool
	head    int64
	taken   bool
}

// refusal returns why the write was not taken; nil when it was.
func (w *write) refusal(v verdict) error {
	switch {
	case v.taken:
		return nil
	case v.fenced:
		return fmt.Errorf("%w: %v is written under the epoch %d, and its shard %d has %d",
			store.ErrFenced, w.id, w.fence.Epoch, w.fence.Shard, v.newest)
	case v.deleted:
		return store.Deleted(w.id)
	default:
		return store.Conflict(w.id, w.expected, v.head)
	}
}

// tell tells the caller what has become of the write.
func (w *write) tell(err error) {
	w.err = err
	w.done <- err
}

// end tells the caller, and lets the next write of the entity in.
func (w *write) end(err error) {
	w.tell(err)
	w.leave()
}

// parts returns copies of the payload's parts; nil where it is nil.
func parts(payload *anypb.Any) (kind, value []byte) {
	if payload == nil {
		return nil, nil
	}
	return present(payload.GetTypeUrl()), present(payload.GetValue())
}
