package pebble

import (
	"context"
	"errors"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
)

// maxBatch is the size of the largest batch, in bytes of type URLs and payloads.
// It is far above what one gRPC message carries, and bounds memory.
const maxBatch = 64 << 20

// Append stores the batch in one synced commit. When the context ends first, or
// the disk stalls, it returns, and the commit goes on: until its outcome is
// known, a further Append or Load of the entity waits.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if err := check(batch); err != nil {
		return err
	}
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
		return s.explain("append to", id, err)
	}
	writes, err := s.prepare(id, batch)
	if err != nil {
		unlock()
		return err
	}
	done := make(chan error, 1)
	s.calls.Go(func() {
		defer unlock()
		done <- s.commit(writes)
	})
	select {
	case err = <-done:
	case <-stalled:
		err = errStalled
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return s.explain("the outcome is unknown of an append to", id, err)
	}
	return nil
}

// check refuses a batch that breaks the rules, or memory.
func check(batch store.Batch) error {
	size := payloadSize(batch.Snapshot)
	for _, event := range batch.Events {
		size += payloadSize(event)
	}
	if size > maxBatch {
		return fmt.Errorf("a batch of %d bytes; the largest has %d", size, maxBatch)
	}
	return batch.Validate()
}

func payloadSize(payload *anypb.Any) int { return len(payload.GetTypeUrl()) + len(payload.GetValue()) }

// prepare returns the writes that make up the batch. The caller holds the
// entity's lock until they are committed, so that nobody else finds the same head.
func (s *Store) prepare(id store.ID, batch store.Batch) (*pebbledb.Batch, error) {
	prefix := appendPrefix(nil, id)
	last, err := s.head(id, prefix)
	if err != nil {
		return nil, err
	}
	if last != batch.Expected {
		return nil, store.Conflict(id, batch.Expected, last)
	}
	writes := s.db.NewBatch()
	for _, event := range batch.Events {
		last++
		key := eventKey(prefix, last)
		err = errors.Join(err, writes.Set(key, encodeEvent(key, event), nil))
	}
	if batch.Snapshot != nil { // in the place of the older one
		key := recordKey(prefix, kindSnapshot)
		err = errors.Join(err, writes.Set(key, encodeSnapshot(key, last, batch.Snapshot), nil))
	}
	key := recordKey(prefix, kindHead)
	err = errors.Join(err, writes.Set(key, encodeHead(key, last), nil))
	return writes, err
}

// head returns the sequence of the entity's last event; 0 when it has none.
func (s *Store) head(id store.ID, prefix []byte) (last int64, err error) {
	key := recordKey(prefix, kindHead)
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebbledb.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, s.explain("read the head of", id, err)
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	if last, err = decodeHead(key, value); err != nil {
		return 0, corrupt(id, fmt.Errorf("its head: %w", err))
	}
	return last, nil
}

// commit makes the writes durable. Pebble calls a commit done when the disk was
// dropped under it; the disk knows better.
func (s *Store) commit(writes *pebbledb.Batch) error {
	if err := writes.Commit(pebbledb.Sync); err != nil {
		return err
	}
	return errors.Join(s.disk.Err(), writes.Close())
}

// explain says what failed, of which entity, and why.
func (s *Store) explain(what string, id store.ID, err error) error {
	if errors.Is(err, errStalled) {
		if reason := s.disk.Err(); reason != nil {
			err = reason
		}
	}
	if pebbledb.IsCorruptionError(err) {
		return corrupt(id, err)
	}
	return fmt.Errorf("%s %v: %w", what, id, err)
}

// corrupt names the entity whose records are not what was written.
func corrupt(id store.ID, err error) error {
	return fmt.Errorf("%w: the journal of %v: %w", store.ErrCorrupt, id, err)
}
