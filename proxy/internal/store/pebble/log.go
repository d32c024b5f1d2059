package pebble

import (
	"context"
	"errors"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Events reads the log by one iterator, which sees one moment, up to the first entry
// whose outcome is open.
func (s *Store) Events(
	ctx context.Context, persistence string, after int64, most int, each func(store.Entry) error,
) (resume int64, err error) {
	if err := s.begin(); err != nil {
		return after, err
	}
	defer s.calls.Done()
	end := s.offsets.settled() // before the iterator: what is settled by then it sees
	if err := ctx.Err(); err != nil || after >= end {
		return after, err
	}
	r, err := s.logReader(persistence, after, end)
	if err != nil {
		return after, err
	}
	defer func() { err = release(err, r) }()
	for range most {
		next, more, err := r.next()
		if err != nil {
			return after, err
		}
		if !more {
			return end, nil
		}
		if err := each(next); err != nil {
			return after, err
		}
		after = next.Offset
		if err := s.mayGoOn(ctx); err != nil {
			return after, err
		}
	}
	return after, nil
}

// logReader reads the entries of one persistence id in order, each with its event.
type logReader struct {
	store       *Store
	persistence string
	moment      *pebbledb.Snapshot
	iter        *pebbledb.Iterator
	offset      int64 // the one that was read last
}

// logReader returns a reader of the entries behind after up to end. Its caller closes it.
func (s *Store) logReader(persistence string, after, end int64) (*logReader, error) {
	r := &logReader{store: s, persistence: persistence, moment: s.db.NewSnapshot(), offset: after}
	iter, err := r.moment.NewIter(&pebbledb.IterOptions{
		LowerBound: logKey(persistence, after+1),
		UpperBound: logKey(persistence, end+1),
	})
	if err != nil {
		return nil, errors.Join(s.explain("read the log of", r, err), r.moment.Close())
	}
	r.iter = iter
	iter.First()
	return r, nil
}

// String names what is read.
func (r *logReader) String() string { return fmt.Sprintf("%q", r.persistence) }

// Close ends the reading.
func (r *logReader) Close() error { return errors.Join(r.iter.Close(), r.moment.Close()) }

// next reads one entry, or reports that there is no more.
func (r *logReader) next() (store.Entry, bool, error) {
	if !r.iter.Valid() {
		if err := r.iter.Error(); err != nil {
			return store.Entry{}, false, r.store.explain("read the log of", r, err)
		}
		return store.Entry{}, false, nil
	}
	key := r.iter.Key()
	value, err := r.iter.ValueAndErr()
	if err != nil {
		return store.Entry{}, false, r.store.explain("read the log of", r, err)
	}
	at, err := decodeEntry(key, value)
	if err != nil {
		return store.Entry{}, false, corrupt(r, fmt.Errorf("the entry after the offset %d: %w", r.offset, err))
	}
	offset, err := parseSequence(key[len(key)-sequenceSize:])
	if err != nil {
		return store.Entry{}, false, corrupt(r, fmt.Errorf("the entry after the offset %d: %w", r.offset, err))
	}
	next, err := r.event(offset, at)
	r.offset = offset
	r.iter.Next()
	return next, err == nil, err
}

// event reads the event to which the entry points.
func (r *logReader) event(offset int64, at entry) (next store.Entry, err error) {
	id := store.ID{Persistence: r.persistence, Entity: at.entity}
	key := eventKey(appendPrefix(nil, id), at.sequence)
	value, closer, err := r.moment.Get(key)
	if errors.Is(err, pebbledb.ErrNotFound) {
		return next, corrupt(id, fmt.Errorf("the log has its event %d at %d, and it is missing", at.sequence, offset))
	}
	if err != nil {
		return next, r.store.explain("read an event of", id, err)
	}
	defer func() { err = release(err, closer) }()
	event, stored, err := decodeEvent(key, value)
	if err == nil && stored != offset {
		err = fmt.Errorf("the log has it at %d, and it says %d", offset, stored)
	}
	if err != nil {
		return next, corrupt(id, fmt.Errorf("its event %d: %w", at.sequence, err))
	}
	event.Sequence = at.sequence
	return store.Entry{Offset: offset, Entity: at.entity, Event: event}, nil
}
