package runtime

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// journaled is the State of event sourced entities.
type journaled struct{ journal store.Journal }

var _ State = journaled{}

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

// Store appends the events of all the changes. Where the outcome of several is
// unknown it asks the journal, for the later ones may neither be made again when
// they are stored, nor be answered when they are not (ES-STORE-008).
func (j journaled) Store(
	ctx context.Context, id store.ID, fence store.Fence, changes []entity.Persist, beside store.Beside,
) error {
	first := changes[0]
	if first.Command == 0 && first.Snapshot != nil {
		return j.journal.Snapshot(ctx, id, fence, *first.Snapshot)
	}
	batch := store.Batch{Fence: fence, Expected: first.Expected, Beside: beside}
	for _, c := range changes {
		batch.Events = append(batch.Events, c.Events...)
		if c.Snapshot != nil {
			batch.Snapshot = c.Snapshot
		}
		if c.Delete != nil {
			batch.Delete = c.Delete
		}
	}
	err := j.journal.Append(ctx, id, batch)
	if err == nil || len(changes) == 1 || refuses(err) {
		return err
	}
	stored, unsolved := j.holds(ctx, id, batch)
	switch {
	case unsolved != nil:
		return fmt.Errorf("%w: %w", ErrUnknown, errors.Join(err, unsolved))
	case stored:
		return nil
	default:
		return err
	}
}

// refuses reports whether the error says that nothing was stored.
func refuses(err error) bool {
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrDeleted)
}

var (
	errLoaded   = errors.New("the head is all that was wanted")
	errSilent   = errors.New("a batch without events leaves no trace in the journal")
	errDiffers  = errors.New("the journal holds other events")
	errShortcut = errors.New("a newer snapshot covers the events")
)

// holds reports whether the journal holds the batch. Its events tell: all of them are
// there or none.
func (j journaled) holds(ctx context.Context, id store.ID, batch store.Batch) (bool, error) {
	if len(batch.Events) == 0 {
		return false, errSilent
	}
	last := batch.Expected + int64(len(batch.Events))
	err := j.journal.Load(ctx, id,
		func(head store.Head) error {
			switch {
			case head.Deleted && batch.Delete == nil:
				return errDiffers
			case head.Last < last:
				return errLoaded
			case head.Snapshot != nil && head.Snapshot.Sequence > last:
				return errShortcut
			default:
				return nil
			}
		},
		func(event entity.Event) error {
			if n := event.Sequence - batch.Expected - 1; n >= 0 && n < int64(len(batch.Events)) && !same(event, batch.Events[n]) {
				return errDiffers
			}
			return nil
		})
	switch {
	case errors.Is(err, errLoaded), errors.Is(err, errDiffers):
		return false, nil
	default:
		return err == nil, err
	}
}

// same reports whether the events are one and the same.
func same(a, b entity.Event) bool { return a.Time.Equal(b.Time) && proto.Equal(a.Payload, b.Payload) }
