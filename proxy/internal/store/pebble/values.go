package pebble

import (
	"context"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Write stores the change in one synced commit.
func (s *Store) Write(ctx context.Context, id store.ID, change store.Change) error {
	if size := payloadSize(change.Update) + besideSize(change.Beside); size > maxBatch {
		return fmt.Errorf("a change of %d bytes; the largest has %d", size, maxBatch)
	}
	if err := change.Validate(); err != nil {
		return err
	}
	return s.change(ctx, "write", id, func(w *writes) error { return s.write(w, id, change) })
}

// write adds what makes up the change.
func (s *Store) write(w *writes, id store.ID, change store.Change) error {
	if err := s.rights.check(change.Fence); err != nil {
		return err
	}
	prefix := appendPrefix(nil, id)
	key := recordKey(prefix, kindValue)
	old, _, err := get(s, id, "value", key, decodeValue)
	if err != nil {
		return err
	}
	if old.revision != change.Expected {
		return store.Conflict(id, change.Expected, old.revision)
	}
	if change.Actions > 0 {
		if !old.ends.IsZero() {
			w.remove(dueKey(due{at: old.ends, id: id, kind: kindValue}))
		}
		v := s.after(old, change)
		if !v.ends.IsZero() {
			w.due(due{at: v.ends, id: id, kind: kindValue})
		}
		w.set(key, encodeValue(key, v))
	}
	w.beside(id, prefix, change.Beside)
	return nil
}

// after returns the value after the change, which has an action.
func (s *Store) after(v value, change store.Change) value {
	v = value{revision: v.revision + int64(change.Actions), value: change.Update}
	if change.ExpireAfter > 0 {
		v.ends = s.clock().Add(change.ExpireAfter)
	}
	return v
}

// Read reads the value.
func (s *Store) Read(ctx context.Context, id store.ID) (store.Value, error) {
	v, _, err := read(ctx, s, id, "value", recordKey(appendPrefix(nil, id), kindValue), decodeValue)
	if err != nil || v.value == nil || v.over(s.clock()) {
		return store.Value{Revision: v.revision}, err
	}
	return store.Value{Revision: v.revision, Value: v.value, Ends: v.ends}, nil
}
