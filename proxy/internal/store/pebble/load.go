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
	ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error,
) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	r, err := s.reader(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = release(err, r.iter) }()
	newest, err := r.open()
	if err != nil {
		return err
	}
	if err := begin(store.Head{Last: r.head.last, Snapshot: newest, Deleted: r.head.deleted}); err != nil {
		return err
	}
	for !r.head.deleted {
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
	return nil
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

	found    bool // the iterator stands at a record that is not read yet
	head     head
	sequence int64 // the sequence of the record that was read last
}

// reader returns a reader as of now; the caller closes its iterator.
func (s *Store) reader(ctx context.Context, id store.ID) (*reader, error) {
	r := &reader{store: s, id: id, prefix: appendPrefix(nil, id)}
	return r, s.settled(ctx, "load", id, func() (err error) {
		r.iter, err = s.db.NewIter(&pebbledb.IterOptions{
			LowerBound: r.prefix,
			UpperBound: recordKey(r.prefix, kindEvent+1),
		})
		if err != nil {
			return s.explain("load", id, err)
		}
		return nil
	})
}

// open reads the head and, unless the entity was deleted, the snapshot. It returns nil
// when there is none.
func (r *reader) open() (*entity.Snapshot, error) {
	if r.found = r.iter.First(); !r.found {
		return nil, r.failed()
	}
	key, value, err := r.record(kindHead)
	if err != nil {
		return nil, err
	}
	if r.head, err = decodeHead(key, value); err != nil {
		return nil, corrupt(r.id, fmt.Errorf("its head: %w", err))
	}
	if r.head.deleted {
		return nil, nil
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
	if snapshot.Sequence > r.head.last {
		return nil, corrupt(r.id, fmt.Errorf("its snapshot covers the sequence %d, and its last is %d",
			snapshot.Sequence, r.head.last))
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
	if sequence != r.sequence+1 || sequence > r.head.last {
		return entity.Event{}, false, corrupt(r.id, fmt.Errorf("after the event %d comes %d, and its last is %d",
			r.sequence, sequence, r.head.last))
	}
	event, _, err = decodeEvent(key, value)
	if err != nil {
		return entity.Event{}, false, corrupt(r.id, fmt.Errorf("its event %d: %w", sequence, err))
	}
	event.Sequence = sequence
	r.sequence, r.found = sequence, r.iter.Next()
	return event, true, nil
}

// ended returns what is wrong with the end of the events.
func (r *reader) ended() error {
	if err := r.failed(); err != nil {
		return err
	}
	if r.sequence != r.head.last {
		return corrupt(r.id, fmt.Errorf("it ends at the event %d, and its last is %d", r.sequence, r.head.last))
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
