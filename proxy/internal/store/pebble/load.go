package pebble

import (
	"context"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Load reads the entity by one iterator, which sees one moment. While it lasts,
// what the iterator sees is kept on the disk. Close ends it at the next event.
func (s *Store) Load(
	ctx context.Context, id store.ID,
	begin func(last int64, snapshot *entity.Snapshot) error, event func(entity.Event) error,
) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := s.reader(ctx, id)
	if err != nil {
		return s.explain("load", id, err)
	}
	defer func() {
		if closeErr := r.iter.Close(); err == nil && closeErr != nil {
			err = s.explain("load", id, closeErr)
		}
	}()
	newest, err := r.open()
	if err != nil {
		return err
	}
	if err := begin(r.last, newest); err != nil {
		return err
	}
	for {
		next, more, err := r.next()
		if err != nil || !more {
			return err
		}
		if err := event(next); err != nil {
			return err
		}
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
	}
}

func (s *Store) mayGoOn(ctx context.Context) error {
	select {
	case <-s.closing:
		return store.ErrClosed
	default:
		return ctx.Err()
	}
}

// reader reads one entity's records in order: the head, the snapshot where there
// is one, the events after it.
type reader struct {
	store  *Store
	id     store.ID
	prefix []byte
	iter   *pebbledb.Iterator

	found    bool  // the iterator stands at a record that is not read yet
	last     int64 // the sequence that the head gives
	sequence int64 // the sequence of the record that was read last
}

// reader returns a reader as of now; the caller closes its iterator. Pebble shows
// a batch before it is durable, so a batch that is under way is waited for.
func (s *Store) reader(ctx context.Context, id store.ID) (*reader, error) {
	prefix := appendPrefix(nil, id)
	unlock, err := s.locks.lock(ctx, id, s.disk.Stalled())
	if err != nil {
		return nil, err
	}
	defer unlock()
	iter, err := s.db.NewIter(&pebbledb.IterOptions{
		LowerBound: prefix,
		UpperBound: recordKey(prefix, kindEnd),
	})
	if err != nil {
		return nil, err
	}
	return &reader{store: s, id: id, prefix: prefix, iter: iter}, nil
}

// open reads the head and the snapshot. It returns nil when there is none.
func (r *reader) open() (*entity.Snapshot, error) {
	if r.found = r.iter.First(); !r.found {
		return nil, r.failed()
	}
	key, value, err := r.record(kindHead)
	if err != nil {
		return nil, err
	}
	if r.last, err = decodeHead(key, value); err != nil {
		return nil, corrupt(r.id, fmt.Errorf("its head: %w", err))
	}
	if r.found = r.iter.Next(); !r.found {
		return nil, r.failed()
	}
	if kind, _ := r.suffix(); kind != kindSnapshot {
		return nil, nil
	}
	return r.snapshot()
}

// snapshot reads the snapshot and goes to the first event after it.
func (r *reader) snapshot() (*entity.Snapshot, error) {
	key, value, err := r.record(kindSnapshot)
	if err != nil {
		return nil, err
	}
	snapshot, err := decodeSnapshot(key, value)
	if err != nil {
		return nil, corrupt(r.id, fmt.Errorf("its snapshot: %w", err))
	}
	if snapshot.Sequence > r.last {
		return nil, corrupt(r.id, fmt.Errorf("its snapshot covers the sequence %d, and its last is %d",
			snapshot.Sequence, r.last))
	}
	r.sequence = snapshot.Sequence
	r.found = r.iter.SeekGE(eventKey(r.prefix, r.sequence+1))
	return snapshot, r.failed()
}

// next reads one event, or reports that there is no more.
func (r *reader) next() (event entity.Event, more bool, err error) {
	if !r.found {
		return entity.Event{}, false, r.ended()
	}
	key, value, err := r.record(kindEvent)
	if err != nil {
		return entity.Event{}, false, err
	}
	_, sequence := r.suffix()
	if sequence != r.sequence+1 || sequence > r.last {
		return entity.Event{}, false, corrupt(r.id, fmt.Errorf("after the event %d comes %d, and its last is %d",
			r.sequence, sequence, r.last))
	}
	payload, err := decodeEvent(key, value)
	if err != nil {
		return entity.Event{}, false, corrupt(r.id, fmt.Errorf("its event %d: %w", sequence, err))
	}
	r.sequence, r.found = sequence, r.iter.Next()
	return entity.Event{Sequence: sequence, Payload: payload}, true, nil
}

// ended returns what is wrong with the end of the events.
func (r *reader) ended() error {
	if err := r.failed(); err != nil {
		return err
	}
	if r.sequence != r.last {
		return corrupt(r.id, fmt.Errorf("it ends at the event %d, and its last is %d", r.sequence, r.last))
	}
	return nil
}

// suffix returns what the key tells of the record at which the iterator stands;
// kind 0 when the key is none of ours.
func (r *reader) suffix() (kind byte, sequence int64) {
	kind, sequence, err := parseSuffix(r.iter.Key()[len(r.prefix):])
	if err != nil {
		return 0, 0
	}
	return kind, sequence
}

// record returns the record at which the iterator stands, which is of the kind.
// Key and value are the iterator's until it moves.
func (r *reader) record(kind byte) (key, value []byte, err error) {
	key = r.iter.Key()
	if got, _ := r.suffix(); got != kind {
		return nil, nil, corrupt(r.id, fmt.Errorf("a record of kind %d where one of kind %d belongs", got, kind))
	}
	if value, err = r.iter.ValueAndErr(); err != nil {
		return nil, nil, r.store.explain("load", r.id, err)
	}
	return key, value, nil
}

// failed returns why the iterator found nothing; nil when there is nothing.
func (r *reader) failed() error {
	if err := r.iter.Error(); err != nil {
		return r.store.explain("load", r.id, err)
	}
	return nil
}
