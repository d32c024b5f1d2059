package pebble

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// TestCorruptRecords damages one record of an entity that has six events and a
// snapshot after the third.
func TestCorruptRecords(t *testing.T) {
	t.Parallel()
	id := store.ID{Persistence: "cart", Entity: "broken"}
	prefix := appendPrefix(nil, id)
	head, snapshot := recordKey(prefix, kindHead), recordKey(prefix, kindSnapshot)
	payload := &anypb.Any{TypeUrl: "t", Value: []byte("v")}
	for name, test := range map[string]struct {
		key, value []byte // the record that is written, or deleted where value is nil
		want       string // what Load says
		refuses    bool   // Append says so too
	}{
		"head without checksum":    {head, []byte{1}, "no checksum", true},
		"head of an old checksum":  {head, append(encodeHead(head, headAt(6))[:checksumSize], encodeHead(head, headAt(7))[checksumSize:]...), "checksum is", true},
		"head too short":           {head, seal(head, []byte{1}), "the last sequence of 8 bytes in 1", true},
		"head at 0":                {head, encodeHead(head, headAt(0)), "a head of nothing", true},
		"head missing":             {head, nil, "kind 2 where one of kind 1", false},
		"head too early":           {head, encodeHead(head, headAt(5)), "after the event 5 comes 6, and its last is 5", false},
		"head before the snapshot": {head, encodeHead(head, headAt(2)), "covers the sequence 3, and its last is 2", false},
		"head too late":            {head, encodeHead(head, headAt(9)), "ends at the event 6, and its last is 9", false},
		"event missing":            {eventKey(prefix, 5), nil, "after the event 4 comes 6", false},
		"last event missing":       {eventKey(prefix, 6), nil, "ends at the event 5", false},
		"event of another":         {eventKey(prefix, 5), sealedEvent(t, eventKey(prefix, 4), payload), "event 5: the checksum", false},
		"event without length":     {eventKey(prefix, 5), seal(eventKey(prefix, 5), nil), "the offset of 8 bytes in 0", false},
		"event cut short":          {eventKey(prefix, 5), seal(eventKey(prefix, 5), append(make([]byte, 17), 9, 't')), "a type URL of 9 bytes in 1", false},
		"snapshot missing":         {snapshot, nil, "", false}, // the events are all there
		"snapshot too short":       {snapshot, seal(snapshot, []byte{1}), "the sequence of 8 bytes in 1", false},
		"snapshot at 0":            {snapshot, encodeSnapshot(snapshot, &entity.Snapshot{State: payload}), "no sequence", false},
		"snapshot without state":   {snapshot, encodeSnapshot(snapshot, &entity.Snapshot{Sequence: 3, State: payload})[:checksumSize+sequenceSize], "checksum", false},
		"snapshot of the future":   {snapshot, encodeSnapshot(snapshot, &entity.Snapshot{Sequence: 7, State: payload}), "covers the sequence 7", false},
		"an event key too long":    {append(eventKey(prefix, 5), 0), []byte{1}, "kind 0 where one of kind 4", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			fill(t, s, id)
			fill(t, s, store.ID{Persistence: "cart", Entity: "whole"})
			damage(t, s, test.key, test.value)
			s.heads.forget(id) // what an append has seen whole is not read again

			err := load(t, s, id)
			if test.want == "" {
				if err != nil {
					t.Errorf("Load() = %v", err)
				}
			} else if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), id.String()) {
				t.Errorf("Load() = %v, want ErrCorrupt, %v and %q", err, id, test.want)
			}
			err = s.Append(t.Context(), id, store.Batch{Expected: 6, Events: []entity.Event{{Payload: payload}}})
			if test.refuses && (!errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), id.String())) {
				t.Errorf("Append() = %v, want ErrCorrupt and %v", err, id)
			}
			if err := load(t, s, store.ID{Persistence: "cart", Entity: "whole"}); err != nil {
				t.Errorf("Load of another entity = %v", err)
			}
		})
	}
}

func headAt(last int64) head { return head{last: last} }

func sealedEvent(t *testing.T, key []byte, payload *anypb.Any) []byte {
	t.Helper()
	value, err := encodeEvent(key, 1, entity.Event{Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(Config{Dir: "/data", Files: vfs.NewMem(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func fill(t *testing.T, s *Store, id store.ID) {
	t.Helper()
	payload := &anypb.Any{TypeUrl: "t", Value: []byte("v")}
	three := []entity.Event{{Payload: payload}, {Payload: payload}, {Payload: payload}}
	for _, batch := range []store.Batch{
		{Events: three, Snapshot: &entity.Snapshot{Sequence: 3, State: payload}},
		{Expected: 3, Events: three},
	} {
		if err := s.Append(t.Context(), id, batch); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
}

func damage(t *testing.T, s *Store, key, value []byte) {
	t.Helper()
	err := s.db.Set(key, value, pebbledb.Sync)
	if value == nil {
		err = s.db.Delete(key, pebbledb.Sync)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// load loads the entity and checks that what comes is as it was filled.
func load(t *testing.T, s *Store, id store.ID) error {
	t.Helper()
	next := int64(1)
	return s.Load(t.Context(), id, func(head store.Head) error {
		if head.Snapshot != nil {
			next = head.Snapshot.Sequence + 1
		}
		return nil
	}, func(event entity.Event) error {
		if event.Sequence != next || event.Payload.GetTypeUrl() != "t" || string(event.Payload.GetValue()) != "v" {
			t.Errorf("Load passes on %v, want the event %d", event, next)
		}
		next++
		return nil
	})
}
