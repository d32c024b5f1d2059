package pebble

import (
	"context"
	"errors"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Export reads one moment of everything, by the keys' order. While it lasts, what is
// there then is kept on the disk. Close ends it at the next item.
func (s *Store) Export(ctx context.Context, thorough bool, each func(store.Item) error) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := s.ready(ctx); err != nil {
		return err
	}
	moment := s.db.NewSnapshot()
	defer func() { err = release(err, moment) }()
	// What the moment shows is durable once whatever was under way then is.
	if err := s.sync(ctx); err != nil {
		return err
	}
	e := &exporter{moment: moment, thorough: thorough, each: func(item store.Item) error {
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
		return each(item)
	}}
	return e.run()
}

// exporter passes on all that one moment holds.
type exporter struct {
	moment   *pebbledb.Snapshot
	thorough bool
	each     func(store.Item) error
	open     entityScan // the entity whose records are being read
}

// run passes on the spaces of keys, one after the other.
func (e *exporter) run() error {
	if err := e.start(); err != nil {
		return err
	}
	for _, space := range []struct {
		first byte
		each  func(key, value []byte) error
	}{
		{spaceKinds, e.kind},
		{spaceEntities, e.record},
		{spaceDue, e.due},
		{spaceEffects, e.effect},
		{spaceReplicas, e.replica},
	} {
		if err := e.scan(space.first, space.each); err != nil {
			return err
		}
		if err := e.finish(); err != nil { // what is open of space 01
			return err
		}
	}
	if e.thorough {
		return e.scan(spaceLog, e.logged)
	}
	return nil
}

// start passes on how far the store has come. Of the offsets of an opening, all count
// as given.
func (e *exporter) start() error {
	now, found, err := e.state()
	if err != nil || !found {
		return e.damaged("the store", errors.Join(err, missing(found, "its state")))
	}
	return e.each(store.Start{Epoch: now.epoch, Offset: (now.epoch+1)*offsetsOfEpoch - 1})
}

func (e *exporter) state() (now state, found bool, err error) {
	err = e.get(stateKey(), func(value []byte) (err error) {
		found = true
		now, err = decodeState(stateKey(), value)
		return err
	})
	return now, found, err
}

// missing returns an error where the thing was not found.
func missing(found bool, what string) error {
	if found {
		return nil
	}
	return fmt.Errorf("%s is missing", what)
}

// get has the value under the key read, where there is one.
func (e *exporter) get(key []byte, decode func(value []byte) error) error {
	value, closer, err := e.moment.Get(key)
	if errors.Is(err, pebbledb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return unreadable(err)
	}
	return release(decode(value), closer)
}

// unreadable is an error behind which nothing can be read.
func unreadable(err error) error {
	if pebbledb.IsCorruptionError(err) {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return fmt.Errorf("read the store: %w", err)
}

// scan passes each record of the space on.
func (e *exporter) scan(space byte, each func(key, value []byte) error) (err error) {
	iter, err := e.moment.NewIter(&pebbledb.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return unreadable(err)
	}
	defer func() { err = release(err, iter) }()
	for iter.First(); iter.Valid(); iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return unreadable(err)
		}
		if err := each(iter.Key(), value); err != nil {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return unreadable(err)
	}
	return nil
}

// damaged passes on that something is not what was written.
func (e *exporter) damaged(of string, err error) error {
	if errors.Is(err, store.ErrCorrupt) { // the files are damaged: there is no going on
		return err
	}
	return e.each(store.DamageItem{Of: of, What: err.Error()})
}

func (e *exporter) kind(key, value []byte) error {
	persistence, rest, err := parseString(key[1:])
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("a key ends in % x", rest)
	}
	kind, decodeErr := decodeKind(key, value)
	if err := errors.Join(err, decodeErr); err != nil {
		return e.damaged(fmt.Sprintf("the kind of %q", persistence), err)
	}
	return e.each(store.KindItem{Persistence: persistence, Kind: kind})
}

// due passes on when what there is of deleted entities may go. What else has its time
// says so itself.
func (e *exporter) due(key, value []byte) error {
	d, err := parseDue(key)
	if err == nil {
		b := unseal(key, value)
		err = b.end()
	}
	if err != nil {
		return e.damaged("what is due", err)
	}
	if d.kind != kindHead {
		return nil
	}
	return e.each(store.PurgeItem{ID: d.id, At: d.at})
}

func (e *exporter) effect(key, value []byte) error {
	id, rest, err := parseString(key[1:])
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("a key ends in % x", rest)
	}
	effect, decodeErr := decodeEffect(key, value)
	if err := errors.Join(err, decodeErr); err != nil {
		return e.damaged(fmt.Sprintf("the durable effect %q", id), err)
	}
	effect.ID = id
	return e.each(store.EffectItem{Effect: effect})
}

func (e *exporter) replica(key, value []byte) error {
	id, rest, err := parseID(key[1:])
	node := ""
	if err == nil {
		node, rest, err = parseString(rest)
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("a key ends in % x", rest)
	}
	b := unseal(key, value)
	state := b.all()
	if err := errors.Join(err, b.end()); err != nil {
		return e.damaged(fmt.Sprintf("a copy of %v", id), err)
	}
	return e.each(store.CopyItem{Node: node, Replica: store.Replica{ID: id, State: state}})
}

// logged checks that the event is there to which an entry of the log points.
func (e *exporter) logged(key, value []byte) error {
	persistence, rest, err := parseString(key[1:])
	offset := int64(0)
	if err == nil && len(rest) != sequenceSize {
		err = fmt.Errorf("a key ends in % x", rest)
	}
	if err == nil {
		offset, err = parseSequence(rest)
	}
	at, decodeErr := decodeEntry(key, value)
	if err = errors.Join(err, decodeErr); err == nil {
		err = e.pointsTo(store.ID{Persistence: persistence, Entity: at.entity}, at.sequence, offset)
	}
	if err != nil {
		return e.damaged(fmt.Sprintf("the log of %q at %d", persistence, offset), err)
	}
	return nil
}

// pointsTo returns what is wrong with the event of the sequence, which the log has at the
// offset. A checksum that does not fit was found with the event.
func (e *exporter) pointsTo(id store.ID, sequence, offset int64) error {
	key, found, stored := eventKey(appendPrefix(nil, id), sequence), false, offset
	err := e.get(key, func(value []byte) error {
		found = true
		if _, at, err := decodeEvent(key, value); err == nil {
			stored = at
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("it points to the event %d of %v, which is missing", sequence, id)
	case stored != offset:
		return fmt.Errorf("it points to the event %d of %v, which says %d", sequence, id, stored)
	default:
		return nil
	}
}
