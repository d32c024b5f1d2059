package pebble

import (
	"errors"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// entityScan is what has been read of one entity.
type entityScan struct {
	id       store.ID
	open     bool
	head     *head
	snapshot *entity.Snapshot // passed on behind the events
	last     int64            // the sequence of the event that was read last
	gone     bool             // the events of a deleted entity are on their way out
}

// record passes on a record of an entity: head, snapshot, events, value, answers, in
// the order of their keys.
func (e *exporter) record(key, value []byte) error {
	id, suffix, err := parseID(key[1:])
	if err != nil || len(suffix) == 0 {
		return e.damaged("a key", fmt.Errorf("% x is no key of an entity (%w)", key, err))
	}
	if !e.open.open || e.open.id != id {
		if err := e.finish(); err != nil {
			return err
		}
		e.open = entityScan{id: id, open: true}
	}
	switch kind := suffix[0]; kind {
	case kindAnswer:
		err = e.answer(key, suffix[1:], value)
	case kindValue:
		err = e.value(key, value)
	default:
		err = e.journal(key, suffix, value)
	}
	if damage, is := errors.AsType[recordError](err); is {
		return e.damaged(id.String(), damage.error)
	}
	return err
}

// recordError is an error about one record, behind which there are others.
type recordError struct{ error }

func (e recordError) Unwrap() error { return e.error }

func wrong(what string, err error) error { return recordError{fmt.Errorf("%s: %w", what, err)} }

// journal takes a record of a journal.
func (e *exporter) journal(key, suffix, value []byte) error {
	kind, sequence, err := parseSuffix(suffix)
	if err != nil {
		return wrong("a key", err)
	}
	switch kind {
	case kindHead:
		h, err := decodeHead(key, value)
		if err != nil {
			e.open.head = &head{last: -1} // there is one; what it says is not known
			return wrong("its head", err)
		}
		e.open.head = &h
	case kindSnapshot:
		if e.open.snapshot, err = decodeSnapshot(key, value); err != nil {
			return wrong("its snapshot", err)
		}
	case kindEvent:
		return e.event(key, sequence, value)
	default:
		return wrong("a record", errors.New("it is of version 1"))
	}
	return nil
}

// event passes on an event that follows the one before it.
func (e *exporter) event(key []byte, sequence int64, value []byte) error {
	o := &e.open
	before := o.last
	if o.gone {
		return nil
	}
	if o.gone = o.deleted() && sequence != before+1; o.gone {
		return nil
	}
	o.last = sequence
	event, offset, err := decodeEvent(key, value)
	if err != nil {
		return wrong(fmt.Sprint("its event ", sequence), err)
	}
	if sequence != before+1 {
		return wrong("its events", fmt.Errorf("after %d comes %d", before, sequence))
	}
	if e.thorough {
		if err := e.inLog(o.id, sequence, offset); err != nil {
			return err
		}
	}
	event.Sequence = sequence
	return e.each(store.EventItem{ID: o.id, Offset: offset, Event: event})
}

func (o *entityScan) deleted() bool { return o.head != nil && o.head.deleted }

// inLog checks that the log has the event at its offset.
func (e *exporter) inLog(id store.ID, sequence, offset int64) error {
	key, found := logKey(id.Persistence, offset), false
	err := e.get(key, func(value []byte) error {
		at, err := decodeEntry(key, value)
		found = err == nil && at == entry{entity: id.Entity, sequence: sequence}
		return nil // an entry that cannot be read is found with the log
	})
	if err == nil && !found {
		err = wrong(fmt.Sprint("its event ", sequence), fmt.Errorf("the log does not have it at %d", offset))
	}
	return err
}

func (e *exporter) value(key, stored []byte) error {
	if err := e.endJournal(); err != nil {
		return err
	}
	v, err := decodeValue(key, stored)
	if err != nil {
		return wrong("its value", err)
	}
	if e.thorough && !v.ends.IsZero() {
		if err := e.isDue("its value", due{at: v.ends, id: e.open.id, kind: kindValue}); err != nil {
			return err
		}
	}
	return e.each(store.ValueItem{ID: e.open.id, Value: store.Value{Revision: v.revision, Value: v.value, Ends: v.ends}})
}

func (e *exporter) answer(key, name, stored []byte) error {
	if err := e.endJournal(); err != nil {
		return err
	}
	text, rest, err := parseString(name)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("a key ends in % x", rest)
	}
	record, decodeErr := decodeAnswer(key, stored)
	if err := errors.Join(err, decodeErr); err != nil {
		return wrong(fmt.Sprintf("its record %q", text), err)
	}
	record.Key = text
	if e.thorough {
		if err := e.isDue(fmt.Sprintf("its record %q", text), due{at: record.Expires, id: e.open.id, kind: kindAnswer, key: text}); err != nil {
			return err
		}
	}
	return e.each(store.RecordItem{ID: e.open.id, Record: record})
}

// isDue checks that a sweep will find what has its time.
func (e *exporter) isDue(what string, d due) error {
	found := false
	err := e.get(dueKey(d), func([]byte) error { found = true; return nil })
	if err == nil && !found {
		err = wrong(what, errors.New("it has an end, and will not be forgotten then"))
	}
	return err
}

// finish ends what is open.
func (e *exporter) finish() error {
	err := e.endJournal()
	e.open = entityScan{}
	return err
}

// endJournal passes on what stands behind the events, once, or what is wrong with it.
func (e *exporter) endJournal() error {
	err := e.behindEvents()
	e.open.head, e.open.snapshot, e.open.last, e.open.gone = nil, nil, 0, false
	if damage, is := errors.AsType[recordError](err); is {
		return e.damaged(e.open.id.String(), damage.error)
	}
	return err
}

func (e *exporter) behindEvents() error {
	o := e.open
	switch {
	case o.head == nil && (o.last > 0 || o.snapshot != nil):
		return wrong("its head", errors.New("it is missing"))
	case o.head == nil:
		return nil
	case o.head.deleted:
		return e.each(store.DeletionItem{ID: o.id, Last: o.head.last})
	case o.head.last >= 0 && o.head.last != o.last:
		return wrong("its events", fmt.Errorf("they end at %d, and its last is %d", o.last, o.head.last))
	case o.snapshot == nil:
		return nil
	case o.snapshot.Sequence > o.last:
		return wrong("its snapshot", fmt.Errorf("it covers the sequence %d, and the last is %d", o.snapshot.Sequence, o.last))
	default:
		return e.each(store.SnapshotItem{ID: o.id, Snapshot: *o.snapshot})
	}
}
