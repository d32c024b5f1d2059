package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store"
)

// writes is what one call changes: all or none.
type writes struct {
	batch  *pebbledb.Batch
	err    error      // why something could not be added
	offset int64      // the first that was taken of the log; 0 when none was
	lazy   bool       // need not be durable when the call returns
	unlock func()     // lets others at the entity
	done   chan error // gets the outcome, and has room for it
	// head is the new head of the journal of the entity with the id; nil where it stays.
	id   store.ID
	head *head
}

// set adds a record in the place of the older one.
func (w *writes) set(key, value []byte) { w.note(w.batch.Set(key, value, nil)) }

// remove takes a record away. It is no error when it is gone.
func (w *writes) remove(key []byte) { w.note(w.batch.Delete(key, nil)) }

func (w *writes) note(err error) {
	if w.err == nil {
		w.err = err
	}
}

// change makes one change in one commit, which is synced unless prepare says
// otherwise. Prepare says what changes; nothing when it adds nothing. It is called
// while nobody else changes the entity.
//
// When the context ends first, or the disk stalls, change returns, and the commit
// goes on: until its outcome is known, whoever else wants the entity waits.
func (s *Store) change(ctx context.Context, what string, id store.ID, prepare func(*writes) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := s.ready(ctx); err != nil {
		return err
	}
	stalled := s.disk.Stalled()
	unlock, err := s.locks.lock(ctx, id, stalled)
	if err != nil {
		return s.explain(what, id, err)
	}
	w, err := s.prepare(prepare)
	if err != nil || w == nil {
		unlock()
		return err
	}
	w.unlock, w.done = unlock, make(chan error, 1)
	s.calls.Add(1) // until it is finished
	select {
	case s.committer.queue <- w:
	case <-stalled:
		return s.explain(what, id, errors.Join(errStalled, w.abandon(s)))
	case <-ctx.Done():
		return s.explain(what, id, errors.Join(ctx.Err(), w.abandon(s)))
	}
	select {
	case err = <-w.done:
	case <-stalled:
		err = errStalled
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return s.explain("the outcome is unknown: "+what, id, err)
	}
	return nil
}

// prepare returns what is to be written; nil when that is nothing. The caller holds
// the entity's lock until it is committed, so that nobody else finds the same.
func (s *Store) prepare(prepare func(*writes) error) (*writes, error) {
	w := &writes{batch: s.db.NewBatch()}
	err := prepare(w)
	if err == nil {
		err = w.err
	}
	if err != nil || w.batch.Empty() {
		s.offsets.settle(w.offset) // nothing will come of it
		return nil, errors.Join(err, w.batch.Close())
	}
	return w, nil
}

// abandon gives up writes that are not queued: nothing comes of them.
func (w *writes) abandon(s *Store) error {
	defer s.calls.Done()
	defer w.unlock()
	s.offsets.settle(w.offset)
	return w.batch.Close()
}

// settled does the work while no change of the entity is under way. Pebble shows a
// change before it is durable, so one whose outcome is open is waited for.
func (s *Store) settled(ctx context.Context, what string, id store.ID, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	unlock, err := s.locks.lock(ctx, id, s.disk.Stalled())
	if err != nil {
		return s.explain(what, id, err)
	}
	defer unlock()
	return work()
}

// get reads the record with the key and decodes it. Found is false when there is none.
func get[T any](
	s *Store, id fmt.Stringer, what string, key []byte, decode func(key, value []byte) (T, error),
) (record T, found bool, err error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebbledb.ErrNotFound) {
		return record, false, nil
	}
	if err != nil {
		return record, false, s.explain("read "+what+" of", id, err)
	}
	defer func() { err = release(err, closer) }()
	if record, err = decode(key, value); err != nil {
		return record, false, corrupt(id, fmt.Errorf("its %s: %w", what, err))
	}
	return record, true, nil
}

// release closes it. An error that was there before stays as it is.
func release(err error, closer io.Closer) error {
	if closeErr := closer.Close(); err == nil {
		return closeErr
	}
	return err
}

// explain says what failed, of which entity, and why.
func (s *Store) explain(what string, id fmt.Stringer, err error) error {
	if errors.Is(err, errStalled) {
		if reason := s.disk.Err(); reason != nil {
			err = reason
		}
	}
	if pebbledb.IsCorruptionError(err) {
		return corrupt(id, err)
	}
	return fmt.Errorf("%s %s: %w", what, name(id), err)
}

// corrupt names the entity whose records are not what was written.
func corrupt(id fmt.Stringer, err error) error {
	return fmt.Errorf("%w: %s: %w", store.ErrCorrupt, name(id), err)
}

// name is what errors call it.
func name(id fmt.Stringer) string {
	if id == theStore {
		return "the store"
	}
	return id.String()
}

// read reads the record with the key as get does, once no change of the entity is
// under way.
func read[T any](
	ctx context.Context, s *Store, id store.ID, what string, key []byte, decode func(key, value []byte) (T, error),
) (record T, found bool, err error) {
	if err := s.begin(); err != nil {
		return record, false, err
	}
	defer s.calls.Done()
	err = s.settled(ctx, "read the "+what+" of", id, func() error {
		record, found, err = get(s, id, what, key, decode)
		return err
	})
	return record, found, err
}
