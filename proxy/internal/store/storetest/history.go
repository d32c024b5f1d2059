package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// history is what one Load passes on.
type history struct {
	Snapshot *entity.Snapshot
	Events   []entity.Event
	// Last is that of a deleted entity, of which nothing else is passed on.
	Last    int64
	Deleted bool
}

// read loads the entity. It fails unless begin is called once, and
// first, with the sequence of the last event that comes.
func read(ctx context.Context, journal store.Journal, id store.ID) (history, error) {
	var h history
	opened, said := false, int64(0)
	err := journal.Load(ctx, id, func(head store.Head) error {
		if opened {
			return errors.New("begin was called twice")
		}
		opened, said, h.Deleted = true, head.Last, head.Deleted
		if h.Deleted {
			h.Last = head.Last
		} else {
			h.Snapshot = head.Snapshot
		}
		return nil
	}, func(event entity.Event) error {
		if !opened {
			return errors.New("event was called before begin")
		}
		h.Events = append(h.Events, event)
		return nil
	})
	switch last := h.last(); {
	case err == nil && !opened:
		err = errors.New("begin was not called")
	case err == nil && said != last:
		err = fmt.Errorf("begin was told that the last event is %d, and it is %d", said, last)
	}
	return h, err
}

// last returns the sequence of the last event; 0 when there has been none.
func (h history) last() int64 {
	switch {
	case h.Deleted:
		return h.Last
	case len(h.Events) > 0:
		return h.Events[len(h.Events)-1].Sequence
	case h.Snapshot != nil:
		return h.Snapshot.Sequence
	default:
		return 0
	}
}

// equal reports whether the histories are the same, byte for byte.
func (h history) equal(other history) bool {
	if (h.Snapshot == nil) != (other.Snapshot == nil) || h.Deleted != other.Deleted || h.Last != other.Last {
		return false
	}
	if s, o := h.Snapshot, other.Snapshot; s != nil && (s.Sequence != o.Sequence || !proto.Equal(s.State, o.State)) {
		return false
	}
	return slices.EqualFunc(h.Events, other.Events, sameEvent)
}

func sameEvent(a, b entity.Event) bool {
	return a.Sequence == b.Sequence && proto.Equal(a.Payload, b.Payload) && a.Time.Equal(b.Time) &&
		(a.Metadata == nil) == (b.Metadata == nil) && proto.Equal(a.Metadata, b.Metadata)
}

// String returns a line for each record, long ones shortened.
func (h history) String() string {
	lines := []string{"  no snapshot"}
	switch {
	case h.Deleted:
		lines[0] = fmt.Sprintf("  deleted at %d", h.Last)
	case h.Snapshot != nil:
		lines[0] = fmt.Sprintf("  snapshot at %d: %s", h.Snapshot.Sequence, short(h.Snapshot.State))
	}
	for _, event := range h.Events {
		lines = append(lines, "  "+describe(event))
	}
	return strings.Join(lines, "\n")
}

func describe(event entity.Event) string {
	return fmt.Sprintf("event %d: %s, %v, metadata %v", event.Sequence, short(event.Payload), event.Time, event.Metadata)
}

func short(payload *anypb.Any) string {
	return fmt.Sprintf("%.60q, %d bytes %.60q", payload.GetTypeUrl(), len(payload.GetValue()), payload.GetValue())
}

// events returns the events that have the payloads, from the sequence on.
func events(first int64, payloads ...string) []entity.Event {
	var list []entity.Event
	for i, payload := range payloads {
		list = append(list, entity.Event{Sequence: first + int64(i), Payload: event(payload)})
	}
	return list
}

// batch returns a batch with one event for each of the payloads.
func batch(expected int64, payloads ...string) store.Batch {
	return store.Batch{Expected: expected, Events: events(expected+1, payloads...)}
}

func event(payload string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/example.Event", Value: []byte(payload)}
}

func state(payload string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/example.State", Value: []byte(payload)}
}

// snapshot returns a snapshot of the state after the event with the sequence.
func snapshot(sequence int64, payload string) *entity.Snapshot {
	return &entity.Snapshot{Sequence: sequence, State: state(payload)}
}
