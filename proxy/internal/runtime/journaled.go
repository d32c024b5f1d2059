package runtime

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// journaled is the State of event sourced entities.
type journaled struct{ journal store.Journal }

var (
	_ State    = journaled{}
	_ Resolver = journaled{}
)

// Journaled returns the State of event sourced entities, in the journal.
func Journaled(journal store.Journal) State { return journaled{journal: journal} }

// Load feeds the newest snapshot and the events behind it.
func (j journaled) Load(ctx context.Context, id store.ID, feed func(entity.Input) error) error {
	return j.journal.Load(ctx, id,
		func(head store.Head) error {
			if head.Deleted {
				return store.ErrDeleted
			}
			return feed(entity.Opened{Last: head.Last, Snapshot: head.Snapshot})
		},
		func(event entity.Event) error { return feed(entity.Replayed{Event: event}) })
}

// Store appends the events of all the changes.
func (j journaled) Store(
	ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside,
) error {
	if first := changes[0]; first.Command == 0 && first.Snapshot != nil {
		return j.journal.Snapshot(ctx, id, fence, *first.Snapshot)
	}
	batch := joined(changes)
	batch.Fence, batch.Beside = fence, beside
	return j.journal.Append(ctx, id, batch)
}

// joined returns the changes as one batch.
func joined(changes []entity.Persist) store.Batch {
	batch := store.Batch{Expected: changes[0].Expected}
	for _, c := range changes {
		batch.Events = append(batch.Events, c.Events...)
		if c.Snapshot != nil {
			batch.Snapshot = c.Snapshot
		}
		if c.Delete != nil {
			batch.Delete = c.Delete
		}
	}
	return batch
}

var (
	errNone    = errors.New("the journal holds nothing of it")
	errSilent  = errors.New("a batch without events leaves no trace in the journal")
	errCovered = errors.New("a newer snapshot covers the events")
)

// Holds reads the journal: the events tell.
func (j journaled) Holds(ctx context.Context, id store.ID, changes []entity.Persist) (bool, error) {
	batch := joined(changes)
	if len(batch.Events) == 0 {
		return false, errSilent
	}
	last := batch.Expected + int64(len(batch.Events))
	err := j.journal.Load(ctx, id,
		func(head store.Head) error {
			switch {
			case head.Last < last || head.Deleted && batch.Delete == nil:
				return errNone
			case head.Snapshot != nil && head.Snapshot.Sequence > last:
				return errCovered
			default:
				return nil
			}
		},
		func(event entity.Event) error {
			if n := event.Sequence - batch.Expected - 1; n >= 0 && event.Sequence <= last && !same(event, batch.Events[n]) {
				return errNone // Those of another writer.
			}
			return nil
		})
	if errors.Is(err, errNone) {
		return false, nil
	}
	return err == nil, err
}

// same reports whether the events are one and the same.
func same(a, b entity.Event) bool { return a.Time.Equal(b.Time) && proto.Equal(a.Payload, b.Payload) }
