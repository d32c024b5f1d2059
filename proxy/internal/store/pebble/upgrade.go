package pebble

import (
	"context"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// upgradeSize is how large one commit of an upgrade becomes, in bytes.
const upgradeSize = 1 << 20

// upgrade brings the records of version 1 into the form of version 2, and gives the
// events their places in the log, by persistence id, entity and sequence. Each record
// is done by itself: an upgrade that is cut short goes on at the next opening.
func (s *Store) upgrade() (err error) {
	iter, err := s.iterate([]byte{spaceEntities}, []byte{spaceEntities + 1})
	if err != nil {
		return err
	}
	defer func() { err = release(err, iter) }()
	iter.First()
	for iter.Valid() {
		err := s.change(context.Background(), "upgrade", theStore, func(w *writes) error {
			return upgrade{store: s, writes: w}.some(iter)
		})
		if err != nil {
			return err
		}
	}
	return iter.Error()
}

// upgrade is one commit of an upgrade.
type upgrade struct {
	store  *Store
	writes *writes
}

// some upgrades records from where the iterator stands, as many as fit.
func (u upgrade) some(iter *pebbledb.Iterator) error {
	for ; iter.Valid() && u.writes.batch.Len() < upgradeSize; iter.Next() {
		value, err := iter.ValueAndErr()
		if err == nil {
			err = u.record(iter.Key(), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// record upgrades one record.
func (u upgrade) record(key, value []byte) error {
	id, suffix, err := parseID(key[1:])
	if err != nil {
		return corrupt(theStore, err)
	}
	prefix := key[:len(key)-len(suffix)]
	kind, sequence, err := parseSuffix(suffix)
	if err != nil {
		return corrupt(id, err)
	}
	switch kind {
	case kindHead:
		err = u.head(key, value)
	case kindOldEvent:
		err = u.event(id, prefix, sequence, value)
	}
	if err != nil {
		return corrupt(id, fmt.Errorf("a record of version 1: %w", err))
	}
	return nil
}

// head upgrades a head, unless that has been done.
func (u upgrade) head(key, value []byte) error {
	if _, err := decodeHead(key, value); err == nil {
		return nil
	}
	last, err := decodeOldHead(key, value)
	if err == nil {
		u.writes.set(key, encodeHead(key, head{last: last}))
	}
	return err
}

// event upgrades an event, which gets a new key, no time and no metadata.
func (u upgrade) event(id store.ID, prefix []byte, sequence int64, value []byte) error {
	old := append(recordKey(prefix, kindOldEvent), eventKey(prefix, sequence)[len(prefix)+1:]...)
	b := unseal(old, value)
	event := entity.Event{Sequence: sequence, Payload: b.payload()}
	if err := b.end(); err != nil {
		return err
	}
	u.writes.remove(old)
	offset := u.store.offsets.take(1)
	u.store.offsets.settle(offset) // there is no reader yet
	return u.writes.event(id, prefix, offset, event)
}

// decodeOldHead reads a head of version 1: the sequence of the last event.
func decodeOldHead(key, value []byte) (int64, error) {
	b := unseal(key, value)
	last := b.number("the last sequence")
	if last == 0 {
		b.failf("0 is no sequence")
	}
	return last, b.end()
}
