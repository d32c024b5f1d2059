package pebble

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// readLog returns whose events the log of "cart" has behind the offset, and where to resume.
func readLog(t *testing.T, s *Store, after int64) (entities []string, resume int64, err error) {
	t.Helper()
	resume, err = s.Events(t.Context(), "cart", after, 100, func(e store.Entry) error {
		entities = append(entities, e.Entity)
		return nil
	})
	return entities, resume, err
}

// appendOne appends one event to an entity of "cart" that has so many.
func appendOne(t *testing.T, s *Store, name string, expected int64) error {
	t.Helper()
	return s.Append(t.Context(), store.ID{Persistence: "cart", Entity: name}, store.Batch{
		Expected: expected, Events: []entity.Event{{Payload: &anypb.Any{TypeUrl: "t"}}},
	})
}

// TestLogWaitsForABlockedCommit gives an event its offset, and makes others with
// greater ones durable before it. No reader goes past it.
func TestLogWaitsForABlockedCommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := appendOne(t, s, "before", 0); err != nil {
		t.Fatal(err)
	}
	blocked, err := s.prepare(func(w *writes) error {
		return s.append(w, store.ID{Persistence: "cart", Entity: "blocked"}, store.Batch{Events: make([]entity.Event, 2)})
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(3) {
		if err := appendOne(t, s, "after", i); err != nil {
			t.Fatal(err)
		}
	}
	got, resume, err := readLog(t, s, 0)
	if err != nil || !slices.Equal(got, []string{"before"}) {
		t.Fatalf("the log has %q (%v) while an event is on its way, want what is before it", got, err)
	}
	if again, still, err := readLog(t, s, resume); err != nil || len(again) != 0 || still != resume {
		t.Errorf("from there the log has %q and resumes at %d (%v), want nothing at %d", again, still, err, resume)
	}
	if err := s.commit([]*writes{blocked}); err != nil {
		t.Fatal(err)
	}
	got, _, err = readLog(t, s, resume)
	if want := []string{"blocked", "blocked", "after", "after", "after"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("then the log has %q (%v), want %q", got, err, want)
	}
}

// TestRefusedAppendHoldsUpNobody: nothing will come of its offsets.
func TestRefusedAppendHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := appendOne(t, s, "one", 7); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("Append() = %v, want ErrConflict", err)
	}
	broken := string([]byte{0xff}) // protobuf takes no string that is not UTF-8
	err := s.Append(t.Context(), store.ID{Persistence: "cart"}, store.Batch{Events: []entity.Event{{Metadata: metadataOf(broken)}}})
	if err == nil {
		t.Fatal("metadata that cannot be written is taken")
	}
	if err := appendOne(t, s, "one", 0); err != nil {
		t.Fatal(err)
	}
	if got, _, err := readLog(t, s, 0); err != nil || !slices.Equal(got, []string{"one"}) {
		t.Errorf("the log has %q (%v)", got, err)
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	o := newOffsets(3)
	start := int64(3 << 40)
	first, second, third := o.take(2), o.take(1), o.take(4)
	if first != start+1 || second != start+3 || third != start+4 || o.take(0) != 0 {
		t.Fatalf("the offsets are %d, %d and %d", first, second, third)
	}
	o.settle(0) // of who took none
	for _, step := range []struct{ settles, want int64 }{{second, start}, {first, start + 3}, {third, start + 7}} {
		o.settle(step.settles)
		if got := o.settled(); got != step.want {
			t.Errorf("once %d is settled, all are up to %d, want %d", step.settles, got, step.want)
		}
	}
	if newOffsets(maxEpoch).take(offsetsOfEpoch) < 0 {
		t.Error("the offsets of the last epoch are too great")
	}
}

// TestCorruptLog damages one record of a log of three events. What comes before it is
// passed on.
func TestCorruptLog(t *testing.T) {
	t.Parallel()
	offset := int64(offsetsOfEpoch + 2) // of the second event of the first opening
	entryKey := logKey("cart", offset)
	event := eventKey(appendPrefix(nil, store.ID{Persistence: "cart", Entity: "one"}), 2)
	for name, test := range map[string]struct {
		key, value []byte
		want       string
	}{
		"entry without checksum": {entryKey, []byte{1}, "no checksum"},
		"entry too short":        {entryKey, seal(entryKey, []byte{1}), "the sequence of 8 bytes in 1"},
		"entry of another":       {entryKey, encodeEntry(entryKey, entry{entity: "one", sequence: 1}), "the log has it at"},
		"entry of nothing":       {entryKey, encodeEntry(entryKey, entry{entity: "none", sequence: 1}), "is missing"},
		"event missing":          {event, nil, "is missing"},
		"event broken":           {event, seal(event, []byte{1}), "its event 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			for i := range int64(3) {
				if err := appendOne(t, s, "one", i); err != nil {
					t.Fatal(err)
				}
			}
			damage(t, s, test.key, test.value)
			got, resume, err := readLog(t, s, 0)
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Events() = %v, want ErrCorrupt and %q", err, test.want)
			}
			if len(got) != 1 || resume != offset-1 {
				t.Errorf("Events passes on %q and resumes at %d, want what is before the damage", got, resume)
			}
		})
	}
}
