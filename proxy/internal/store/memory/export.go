package memory

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/lease"
)

// Export passes on copies of what was there when it was called. Nothing is stored twice
// that thorough could compare.
func (s *Store) Export(ctx context.Context, _ bool, each func(store.Item) error) error {
	var items []store.Item
	err := s.with(ctx, func(d *data) error {
		items = d.items()
		return nil
	})
	for _, item := range items {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		err = each(item)
	}
	return err
}

// items are copies of all there is.
func (d *data) items() []store.Item {
	items := []store.Item{d.start()}
	for persistence, kind := range d.kinds {
		items = append(items, store.KindItem{Persistence: persistence, Kind: kind})
	}
	offsets := d.offsets()
	for id, j := range d.journals {
		items = append(items, j.items(id, offsets[id])...)
	}
	for id, v := range d.values {
		stored := store.Value{Revision: v.revision, Ends: v.ends}
		if v.value != nil {
			stored.Value = clone(v.value)
		}
		items = append(items, store.ValueItem{ID: id, Value: stored})
	}
	for id, record := range d.records {
		record.Answer = bytes.Clone(record.Answer)
		items = append(items, store.RecordItem{ID: id.entity, Record: record})
	}
	for _, effect := range d.effects {
		items = append(items, store.EffectItem{Effect: cloneEffect(effect)})
	}
	for id, states := range d.replicas {
		for node, state := range states {
			items = append(items, store.CopyItem{Node: node, Replica: store.Replica{ID: id, State: bytes.Clone(state)}})
		}
	}
	return items
}

// start says how far the store has come.
func (d *data) start() store.Start {
	offset := d.first
	for _, l := range d.logs {
		offset = max(offset, l.last)
	}
	return store.Start{Epoch: d.leases.Newest(), Offset: offset}
}

// offsets are those of the events of each entity.
func (d *data) offsets() map[store.ID][]int64 {
	all := map[store.ID][]int64{}
	for persistence, l := range d.logs {
		for _, entry := range l.entries {
			id := store.ID{Persistence: persistence, Entity: entry.Entity}
			all[id] = append(all[id], entry.Offset)
		}
	}
	return all
}

// items are copies of the journal, whose events have the offsets.
func (j journal) items(id store.ID, offsets []int64) (items []store.Item) {
	for i, event := range j.events {
		items = append(items, store.EventItem{ID: id, Offset: offsets[i], Event: cloneEvent(event)})
	}
	if j.snapshot != nil {
		items = append(items, store.SnapshotItem{ID: id, Snapshot: *cloneSnapshot(j.snapshot)})
	}
	if j.deleted {
		items = append(items, store.DeletionItem{ID: id, Last: j.last})
	}
	if j.deleted && !j.purge.IsZero() {
		items = append(items, store.PurgeItem{ID: id, At: j.purge})
	}
	return items
}

// Import returns a store that is filled, and goes by the clock.
func Import(clock func() time.Time, fill store.Fill) (*Store, error) {
	s := NewOn(clock)
	var order store.Order
	err := fill(func(item store.Item) error {
		if err := order.Next(item); err != nil {
			return err
		}
		return s.data.put(item)
	})
	if err != nil {
		return nil, err
	}
	s.data.sortLogs()
	return s, nil
}

// put adds the item, which the store has for itself.
func (d *data) put(item store.Item) error {
	switch item := item.(type) {
	case store.Start:
		if item.Offset > math.MaxInt64-2*store.OffsetRoom || item.Epoch > math.MaxInt64-store.EpochRoom {
			return fmt.Errorf("above the epoch %d and the offset %d is no room left", item.Epoch, item.Offset)
		}
		d.first, d.leases = item.Offset+store.OffsetRoom, lease.New(item.Epoch+store.EpochRoom)
	case store.KindItem:
		d.kinds[item.Persistence] = item.Kind
	case store.EventItem:
		j := d.journal(item.ID)
		if j.last >= item.Event.Sequence {
			return fmt.Errorf("the events of %v come twice", item.ID)
		}
		j.last, j.events = item.Event.Sequence, append(j.events, item.Event)
		l := d.logOf(item.ID.Persistence)
		l.entries = append(l.entries, store.Entry{Offset: item.Offset, Entity: item.ID.Entity, Event: item.Event})
	case store.SnapshotItem:
		j := d.journal(item.ID)
		if item.Snapshot.Sequence > j.last {
			return fmt.Errorf("the snapshot of %v covers the sequence %d, and its last is %d", item.ID, item.Snapshot.Sequence, j.last)
		}
		j.snapshot = &item.Snapshot
	case store.DeletionItem:
		j := d.journal(item.ID)
		if item.Last < j.last {
			return fmt.Errorf("%v was deleted at %d, and its last is %d", item.ID, item.Last, j.last)
		}
		j.last, j.deleted, j.snapshot = item.Last, true, nil
	case store.PurgeItem:
		d.journal(item.ID).purge = item.At
	case store.ValueItem:
		d.values[item.ID] = value{revision: item.Value.Revision, value: item.Value.Value, ends: item.Value.Ends}
	case store.RecordItem:
		d.records[recordID{item.ID, item.Record.Key}] = item.Record
	case store.EffectItem:
		d.effects[item.Effect.ID] = item.Effect
	case store.CopyItem:
		states := d.replicas[item.Replica.ID]
		if states == nil {
			states = map[string][]byte{}
			d.replicas[item.Replica.ID] = states
		}
		states[item.Node] = item.Replica.State
	}
	return nil
}

// journal returns that of the entity, which it makes where there is none.
func (d *data) journal(id store.ID) *journal {
	if d.journals[id] == nil {
		d.journals[id] = &journal{}
	}
	return d.journals[id]
}
