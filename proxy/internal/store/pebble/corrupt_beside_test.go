package pebble

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func metadataOf(key string) *entityv1.Metadata {
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{Key: key}}}
}

// TestCorruptBeside damages records that are not of a journal. Whoever reads one is
// told, and whoever would write on top of one.
func TestCorruptBeside(t *testing.T) {
	t.Parallel()
	id := store.ID{Persistence: "profile", Entity: "1"}
	prefix := appendPrefix(nil, id)
	for name, test := range map[string]struct {
		key   []byte
		calls func(t *testing.T, s *Store) []error
	}{
		"value": {recordKey(prefix, kindValue), func(t *testing.T, s *Store) []error {
			t.Helper()
			_, err := s.Read(t.Context(), id)
			return []error{err, s.Write(t.Context(), id, store.Change{Expected: 1, Actions: 1})}
		}},
		"record": {answerKey(prefix, "k"), func(t *testing.T, s *Store) []error {
			t.Helper()
			_, _, err := s.Record(t.Context(), id, "k")
			return []error{err}
		}},
		"effect": {effectKey("e"), func(t *testing.T, s *Store) []error {
			t.Helper()
			return []error{
				s.Effects(t.Context(), func(store.Effect) error { return nil }), s.Park(t.Context(), id, "e", nil),
			}
		}},
		"copy": {replicaKey(id, "node"), func(t *testing.T, s *Store) []error {
			t.Helper()
			return []error{s.Replica(t.Context(), id, func([]byte) error { return nil })}
		}},
		"kind": {kindKey("profile"), func(t *testing.T, s *Store) []error {
			t.Helper()
			return []error{s.Kind(t.Context(), "profile", "value")}
		}},
		"snapshot": {recordKey(prefix, kindSnapshot), func(t *testing.T, s *Store) []error {
			t.Helper()
			return []error{s.Snapshot(t.Context(), id, store.Fence{}, entity.Snapshot{Sequence: 1})}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			if err := errors.Join(
				s.Append(t.Context(), id, store.Batch{Events: make([]entity.Event, 1)}),
				s.Write(t.Context(), id, store.Change{Actions: 1, Update: &anypb.Any{}, Beside: store.Beside{
					Records: []store.Record{{Key: "k", Expires: time.Now().Add(time.Hour)}},
					Effects: []store.Effect{{ID: "e", Stored: time.Now()}},
				}}),
				s.Save(t.Context(), "node", []store.Replica{{ID: id}}),
				s.Kind(t.Context(), "profile", "value"),
			); err != nil {
				t.Fatal(err)
			}
			damage(t, s, test.key, []byte("damaged"))
			for i, err := range test.calls(t, s) {
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("call %d = %v, want ErrCorrupt", i, err)
				}
			}
		})
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := store.ID{Persistence: "cart", Entity: "1"}
	large := make([]byte, maxBatch+1)
	payload := &anypb.Any{Value: large}
	for what, err := range map[string]error{
		"answer":   s.Append(t.Context(), id, store.Batch{Beside: store.Beside{Records: []store.Record{{Key: "k", Answer: large}}}}),
		"effect":   s.Append(t.Context(), id, store.Batch{Beside: store.Beside{Effects: []store.Effect{{ID: "e", Body: large}}}}),
		"value":    s.Write(t.Context(), id, store.Change{Actions: 1, Update: payload}),
		"snapshot": s.Snapshot(t.Context(), id, store.Fence{}, entity.Snapshot{State: payload}),
		"copies":   s.Save(t.Context(), "node", []store.Replica{{State: large}}),
	} {
		if err == nil || errors.Is(err, store.ErrConflict) {
			t.Errorf("a too large %s = %v, want that it is too large", what, err)
		}
	}
}
