package memory

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// journal is what one event sourced entity has stored.
type journal struct {
	last     int64
	events   []entity.Event   // the event of sequence n is at n-1; nil once purged
	snapshot *entity.Snapshot // nil when there is none
	deleted  bool
	purge    time.Time // when the events of a deleted one may go
}

// Append stores a copy of the batch.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if err := batch.Validate(); err != nil {
		return err
	}
	events := make([]entity.Event, len(batch.Events))
	for i, event := range batch.Events {
		events[i] = cloneEvent(event)
		events[i].Sequence = batch.Expected + int64(i) + 1
	}
	snapshot := cloneSnapshot(batch.Snapshot)
	return s.with(ctx, func(d *data) error {
		j, err := d.writable(id, batch.Fence)
		if err != nil {
			return err
		}
		if j.last != batch.Expected {
			return store.Conflict(id, batch.Expected, j.last)
		}
		j.last += int64(len(events))
		j.events = append(j.events, events...)
		if snapshot != nil {
			j.snapshot = snapshot
		}
		if batch.Delete != nil {
			j.deleted, j.snapshot = true, nil
			j.purge = s.clock().Add(batch.Delete.Retention)
		}
		if len(events) > 0 || j.deleted {
			d.journals[id] = &j
		}
		d.log(id, events)
		d.beside(id, batch.Beside)
		return nil
	})
}

// Snapshot stores a copy of the snapshot.
func (s *Store) Snapshot(ctx context.Context, id store.ID, fence store.Fence, snapshot entity.Snapshot) error {
	kept := cloneSnapshot(&snapshot)
	return s.with(ctx, func(d *data) error {
		j, err := d.writable(id, fence)
		if err != nil {
			return err
		}
		if kept.Sequence < 1 || kept.Sequence > j.last {
			return store.Conflict(id, kept.Sequence, j.last)
		}
		if j.snapshot == nil || j.snapshot.Sequence < kept.Sequence {
			j.snapshot = kept
			d.journals[id] = &j
		}
		return nil
	})
}

// writable returns a copy of the entity's journal, whose end is that of now. It
// refuses a write that is fenced, and one to a deleted entity.
func (d *data) writable(id store.ID, fence store.Fence) (journal, error) {
	if err := d.leases.Check(fence); err != nil {
		return journal{}, err
	}
	var j journal
	if stored := d.journals[id]; stored != nil {
		j = *stored
	}
	if j.deleted {
		return journal{}, store.Deleted(id)
	}
	return j, nil
}

// Load passes on copies of what the entity held when Load was called.
func (s *Store) Load(
	ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error,
) error {
	var j journal
	err := s.with(ctx, func(d *data) error {
		if stored := d.journals[id]; stored != nil {
			j = *stored
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := begin(store.Head{Last: j.last, Snapshot: cloneSnapshot(j.snapshot), Deleted: j.deleted}); err != nil {
		return err
	}
	for _, e := range j.tail() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := event(cloneEvent(e)); err != nil {
			return err
		}
	}
	return nil
}

// tail returns the events that a Load passes on.
func (j journal) tail() []entity.Event {
	switch {
	case j.deleted:
		return nil
	case j.snapshot != nil:
		return j.events[j.snapshot.Sequence:]
	default:
		return j.events
	}
}

func cloneEvent(event entity.Event) entity.Event {
	event.Payload = clone(event.Payload)
	event.Metadata = proto.CloneOf(event.Metadata)
	return event
}

func cloneSnapshot(snapshot *entity.Snapshot) *entity.Snapshot {
	if snapshot == nil {
		return nil
	}
	return &entity.Snapshot{Sequence: snapshot.Sequence, State: clone(snapshot.State)}
}
