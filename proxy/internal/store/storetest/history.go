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
}

// read loads the entity. It fails unless snapshot is called once, and first.
func read(ctx context.Context, journal store.Journal, id store.ID) (history, error) {
	var h history
	opened := false
	err := journal.Load(ctx, id, func(snapshot *entity.Snapshot) error {
		if opened {
			return errors.New("snapshot was called twice")
		}
		opened, h.Snapshot = true, snapshot
		return nil
	}, func(event entity.Event) error {
		if !opened {
			return errors.New("event was called before snapshot")
		}
		h.Events = append(h.Events, event)
		return nil
	})
	if err == nil && !opened {
		err = errors.New("snapshot was not called")
	}
	return h, err
}

// equal reports whether the histories are the same, byte for byte.
func (h history) equal(other history) bool {
	if (h.Snapshot == nil) != (other.Snapshot == nil) {
		return false
	}
	if s, o := h.Snapshot, other.Snapshot; s != nil && (s.Sequence != o.Sequence || !proto.Equal(s.State, o.State)) {
		return false
	}
	return slices.EqualFunc(h.Events, other.Events, func(a, b entity.Event) bool {
		return a.Sequence == b.Sequence && proto.Equal(a.Payload, b.Payload)
	})
}

// String returns a line for each record, long ones shortened.
func (h history) String() string {
	lines := []string{"  no snapshot"}
	if h.Snapshot != nil {
		lines[0] = fmt.Sprintf("  snapshot at %d: %s", h.Snapshot.Sequence, short(h.Snapshot.State))
	}
	for _, event := range h.Events {
		lines = append(lines, fmt.Sprintf("  event %d: %s", event.Sequence, short(event.Payload)))
	}
	return strings.Join(lines, "\n")
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
	b := store.Batch{Expected: expected}
	for _, payload := range payloads {
		b.Events = append(b.Events, event(payload))
	}
	return b
}

func event(payload string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/example.Event", Value: []byte(payload)}
}

func state(payload string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/example.State", Value: []byte(payload)}
}
