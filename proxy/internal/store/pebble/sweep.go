package pebble

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// sweepLimit is how many things one Sweep looks at, and how many events of one deleted
// entity it removes.
const sweepLimit = 1000

// Sweep removes what is due, oldest first. It makes many small changes, which nobody
// waits for, and one sync at its end.
func (s *Store) Sweep(ctx context.Context) (more bool, err error) {
	if err := s.begin(); err != nil {
		return false, err
	}
	defer s.calls.Done()
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	all, err := s.due(sweepLimit)
	if err != nil {
		return false, err
	}
	more = len(all) == sweepLimit
	for _, d := range all {
		left, sweepErr := s.sweep(ctx, d)
		more = more || left
		err = errors.Join(err, sweepErr) // one that is corrupt does not keep the others
	}
	if len(all) > 0 {
		err = errors.Join(err, s.sync(ctx))
	}
	return more, err
}

// due returns what is due, at most so many.
func (s *Store) due(most int) (all []due, err error) {
	iter, err := s.iterate([]byte{spaceDue}, dueBound(s.clock().Add(time.Millisecond)))
	if err != nil {
		return nil, s.explain("sweep", theStore, err)
	}
	defer func() { err = release(err, iter) }()
	for iter.First(); iter.Valid() && len(all) < most; iter.Next() {
		d, err := parseDue(iter.Key())
		if err != nil {
			return nil, corrupt(theStore, err)
		}
		all = append(all, d)
	}
	if err := iter.Error(); err != nil {
		return nil, s.explain("sweep", theStore, err)
	}
	return all, nil
}

// sweep removes one thing, or so much of it as is removed at once.
func (s *Store) sweep(ctx context.Context, d due) (more bool, err error) {
	return more, s.change(ctx, "sweep", d.id, func(w *writes) (err error) {
		w.lazy = true
		prefix := appendPrefix(nil, d.id)
		switch d.kind {
		case kindAnswer:
			err = s.sweepAnswer(w, prefix, d)
		case kindValue:
			err = s.sweepValue(w, prefix, d)
		default:
			more, err = s.purge(w, prefix, d.id)
		}
		if err == nil && !more {
			w.remove(dueKey(d))
		}
		return err
	})
}

// sweepAnswer removes the record unless a later one has taken its place.
func (s *Store) sweepAnswer(w *writes, prefix []byte, d due) error {
	key := answerKey(prefix, d.key)
	record, found, err := get(s, d.id, "record", key, decodeAnswer)
	if err == nil && found && !s.clock().Before(record.Expires) {
		w.remove(key)
	}
	return err
}

// sweepValue removes the value, and keeps its revision.
func (s *Store) sweepValue(w *writes, prefix []byte, d due) error {
	key := recordKey(prefix, kindValue)
	v, found, err := get(s, d.id, "value", key, decodeValue)
	if err == nil && found && v.over(s.clock()) {
		w.set(key, encodeValue(key, value{revision: v.revision}))
	}
	return err
}

// purge removes the snapshot and the first events of a deleted entity, and these from
// the log too. Its head stays, which says that it was deleted.
func (s *Store) purge(w *writes, prefix []byte, id store.ID) (more bool, err error) {
	w.remove(recordKey(prefix, kindSnapshot))
	iter, err := s.iterate(eventKey(prefix, 0), recordKey(prefix, kindEvent+1))
	if err != nil {
		return false, s.explain("sweep", id, err)
	}
	defer func() { err = release(err, iter) }()
	count := 0
	for iter.First(); iter.Valid(); iter.Next() {
		if count++; count > sweepLimit {
			return true, nil
		}
		value, err := iter.ValueAndErr()
		if err != nil {
			return false, s.explain("sweep", id, err)
		}
		_, offset, err := decodeEvent(iter.Key(), value)
		if err != nil {
			return false, corrupt(id, fmt.Errorf("an event: %w", err))
		}
		w.remove(iter.Key())
		w.remove(logKey(id.Persistence, offset))
	}
	if err := iter.Error(); err != nil {
		return false, s.explain("sweep", id, err)
	}
	return false, nil
}

// sync makes durable what was written before.
func (s *Store) sync(ctx context.Context) error {
	return s.change(ctx, "sync", theStore, func(w *writes) error {
		w.note(w.batch.LogData([]byte("sync"), nil))
		return nil
	})
}
