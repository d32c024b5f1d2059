package pebble

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// maxBatch is the size of the largest batch, in bytes of what callers gave. It is far
// above what one gRPC message carries, and bounds memory.
const maxBatch = 64 << 20

// Append stores the batch in one synced commit.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if err := check(batch); err != nil {
		return err
	}
	return s.change(ctx, "append to", id, func(w *writes) error { return s.append(w, id, batch) })
}

// check refuses a batch that breaks the rules, or memory.
func check(batch store.Batch) error {
	size := besideSize(batch.Beside)
	if batch.Snapshot != nil {
		size += payloadSize(batch.Snapshot.State)
	}
	for _, event := range batch.Events {
		size += payloadSize(event.Payload) + proto.Size(event.Metadata)
	}
	if size > maxBatch {
		return fmt.Errorf("a batch of %d bytes; the largest has %d", size, maxBatch)
	}
	return batch.Validate()
}

func payloadSize(payload *anypb.Any) int { return len(payload.GetTypeUrl()) + len(payload.GetValue()) }

// append adds what makes up the batch.
func (s *Store) append(w *writes, id store.ID, batch store.Batch) error {
	prefix := appendPrefix(nil, id)
	h, err := s.writable(id, prefix, batch.Fence)
	if err != nil {
		return err
	}
	if h.last != batch.Expected {
		return store.Conflict(id, batch.Expected, h.last)
	}
	if err := s.addEvents(w, id, prefix, batch); err != nil {
		return err
	}
	if batch.Snapshot != nil { // in the place of the older one
		key := recordKey(prefix, kindSnapshot)
		w.set(key, encodeSnapshot(key, batch.Snapshot))
	}
	if len(batch.Events) > 0 || batch.Delete != nil {
		key := recordKey(prefix, kindHead)
		w.id, w.head = id, &head{last: h.last + int64(len(batch.Events)), deleted: batch.Delete != nil}
		w.set(key, encodeHead(key, *w.head))
	}
	if batch.Delete != nil {
		w.due(due{at: s.clock().Add(batch.Delete.Retention), id: id, kind: kindHead})
	}
	w.beside(id, prefix, batch.Beside)
	return nil
}

// writable returns the head of the entity's journal. It refuses a write that is
// fenced, and one to a deleted entity.
func (s *Store) writable(id store.ID, prefix []byte, fence store.Fence) (head, error) {
	if err := s.rights.check(fence); err != nil {
		return head{}, err
	}
	h, known := s.heads.find(id)
	if !known {
		var err error
		if h, _, err = get(s, id, "head", recordKey(prefix, kindHead), decodeHead); err != nil {
			return h, err
		}
	}
	if h.deleted {
		return h, store.Deleted(id)
	}
	return h, nil
}

// addEvents adds the events, and their entries in the log.
func (s *Store) addEvents(w *writes, id store.ID, prefix []byte, batch store.Batch) error {
	w.offset = s.offsets.take(len(batch.Events))
	for i, event := range batch.Events {
		event.Sequence = batch.Expected + int64(i) + 1
		if err := w.event(id, prefix, w.offset+int64(i), event); err != nil {
			return err
		}
	}
	return nil
}

// event adds one event and its entry in the log.
func (w *writes) event(id store.ID, prefix []byte, offset int64, event entity.Event) error {
	key := eventKey(prefix, event.Sequence)
	value, err := encodeEvent(key, offset, event)
	if err != nil {
		return err
	}
	w.set(key, value)
	key = logKey(id.Persistence, offset)
	w.set(key, encodeEntry(key, entry{entity: id.Entity, sequence: event.Sequence}))
	return nil
}

// Snapshot stores the snapshot in one synced commit, unless there is a newer one.
func (s *Store) Snapshot(ctx context.Context, id store.ID, fence store.Fence, snapshot entity.Snapshot) error {
	if size := payloadSize(snapshot.State); size > maxBatch {
		return fmt.Errorf("a snapshot of %d bytes; the largest has %d", size, maxBatch)
	}
	return s.change(ctx, "store a snapshot of", id, func(w *writes) error {
		prefix := appendPrefix(nil, id)
		h, err := s.writable(id, prefix, fence)
		if err != nil {
			return err
		}
		if snapshot.Sequence < 1 || snapshot.Sequence > h.last {
			return store.Conflict(id, snapshot.Sequence, h.last)
		}
		key := recordKey(prefix, kindSnapshot)
		stored, found, err := get(s, id, "snapshot", key, decodeSnapshot)
		if err != nil {
			return err
		}
		if !found || stored.Sequence < snapshot.Sequence {
			w.set(key, encodeSnapshot(key, &snapshot))
		}
		return nil
	})
}
