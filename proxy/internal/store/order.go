package store

import (
	"errors"
	"fmt"
	"time"
)

// Order refuses items that no Exporter passes on, or not in this order. It is for one
// goroutine.
type Order struct {
	started bool
	start   Start
	of      ID    // whose events come
	last    int64 // the sequence of the last of them; 0 before the first
	offset  int64 // and its offset
}

// Next returns what is wrong with the item, which follows those before it; nil when a
// store may take it.
func (o *Order) Next(item Item) error {
	if start, is := item.(Start); is != !o.started {
		return errors.New("a copy begins with its start, and has one")
	} else if is {
		o.started, o.start = true, start
		return start.validate()
	}
	switch item := item.(type) {
	case EventItem:
		return o.event(item)
	case SnapshotItem:
		return positive(item.ID, "a snapshot", item.Snapshot.Sequence)
	case DeletionItem:
		return positive(item.ID, "a deletion", item.Last+1)
	case PurgeItem:
		return within(item.ID, ended(item.At))
	case ValueItem:
		return positive(item.ID, "a value", item.Value.Revision)
	case RecordItem:
		return within(item.ID, Beside{Records: []Record{item.Record}}.Validate())
	case EffectItem:
		return within(item.Effect.Source, Beside{Effects: []Effect{item.Effect}}.Validate())
	case DamageItem:
		return item.Err()
	default:
		return nil
	}
}

func (s Start) validate() error {
	if s.Epoch < 0 || s.Offset < 0 {
		return fmt.Errorf("a copy starts at the epoch %d and the offset %d", s.Epoch, s.Offset)
	}
	return nil
}

// event checks an event: it follows the one before it, in the journal and in the log.
func (o *Order) event(e EventItem) error {
	if e.ID != o.of || o.last == 0 {
		o.of, o.last, o.offset = e.ID, 0, 0
	}
	switch {
	case e.Event.Sequence != o.last+1:
		return fmt.Errorf("after the event %d of %v comes %d", o.last, e.ID, e.Event.Sequence)
	case e.Offset <= o.offset || e.Offset > o.start.Offset:
		return fmt.Errorf("the event %d of %v has the offset %d, the one before it %d, and the last of all is %d",
			e.Event.Sequence, e.ID, e.Offset, o.offset, o.start.Offset)
	}
	o.last, o.offset = e.Event.Sequence, e.Offset
	return nil
}

func positive(id ID, what string, n int64) error {
	if n < 1 {
		return fmt.Errorf("%s of %v with a number below the first", what, id)
	}
	return nil
}

func ended(at time.Time) error {
	if at.IsZero() {
		return errors.New("a deletion that may be purged at no time")
	}
	return nil
}

func within(id ID, err error) error {
	if err != nil {
		return fmt.Errorf("of %v: %w", id, err)
	}
	return nil
}
