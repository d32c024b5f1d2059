package storetest

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// model is what a store means, said in the plainest way: for each id its
// events, and the newest snapshot.
type model map[store.ID]history

func (m model) last(id store.ID) int64 { return int64(len(m[id].Events)) }

func (m model) append(id store.ID, b store.Batch) error {
	if b.Expected != m.last(id) {
		return store.ErrConflict
	}
	h := m[id]
	for _, event := range b.Events {
		event.Sequence = int64(len(h.Events) + 1)
		h.Events = append(h.Events, event)
	}
	if b.Snapshot != nil {
		h.Snapshot = b.Snapshot
	}
	m[id] = h
	return nil
}

func (m model) load(id store.ID) history {
	h := m[id]
	if h.Snapshot != nil {
		h.Events = h.Events[h.Snapshot.Sequence:]
	}
	if len(h.Events) == 0 {
		h.Events = nil
	}
	return h
}

// checkModel does what chance says to the store and to the model and compares.
// All runs share one store, each under persistence ids of its own, for opening
// one costs more than a run.
func checkModel(t *testing.T, backend Backend) {
	t.Helper()
	dir := t.TempDir()
	s := backend.open(t, dir)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := model{}
		id := rapid.Custom(func(rt *rapid.T) store.ID {
			return store.ID{
				Persistence: fmt.Sprint(run, rapid.SampledFrom([]string{"", "a", "a\x00"}).Draw(rt, "persistence")),
				Entity:      rapid.SampledFrom([]string{"", "a", "\x00a", "b"}).Draw(rt, "entity"),
			}
		})
		actions := map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				id := id.Draw(rt, "id")
				b := drawBatch(rt, m.last(id))
				got, want := s.Append(t.Context(), id, b), m.append(id, b)
				if !errors.Is(got, want) {
					rt.Fatalf("Append(%v, %v) = %v, want %v", id, b, got, want)
				}
			},
			"load": func(rt *rapid.T) { compareModel(t, rt, s, m, id.Draw(rt, "id")) },
		}
		if backend.Durable {
			actions["reopen"] = func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "now if 0") != 0 {
					rt.Skip("opening is slow")
				}
				if err := s.Close(); err != nil {
					rt.Fatalf("Close: %v", err)
				}
				s = backend.open(t, dir)
			}
		}
		rt.Repeat(actions)
		for id := range m {
			compareModel(t, rt, s, m, id)
		}
	})
}

// drawBatch returns a batch that most often expects the last sequence.
func drawBatch(rt *rapid.T, last int64) store.Batch {
	payload := rapid.Custom(func(rt *rapid.T) *anypb.Any {
		return &anypb.Any{
			TypeUrl: rapid.SampledFrom([]string{"", "t", "type.googleapis.com/example.T"}).Draw(rt, "type"),
			Value:   rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "value"),
		}
	})
	b := store.Batch{
		Expected: max(0, last+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(rt, "off by")),
	}
	for range rapid.IntRange(1, 4).Draw(rt, "events") {
		b.Events = append(b.Events, entity.Event{Payload: payload.Draw(rt, "payload")})
	}
	if rapid.IntRange(0, 3).Draw(rt, "snapshot if 0") == 0 {
		b.Snapshot = &entity.Snapshot{Sequence: b.Expected + int64(len(b.Events)), State: payload.Draw(rt, "snapshot")}
	}
	return b
}

func compareModel(t *testing.T, rt *rapid.T, s store.Store, m model, id store.ID) {
	t.Helper()
	got, err := read(t.Context(), s, id)
	if err != nil {
		rt.Fatalf("Load(%v): %v", id, err)
	}
	if want := m.load(id); !got.equal(want) {
		rt.Fatalf("Load(%v) passes on\n%v\nwant, as the model has it,\n%v", id, got, want)
	}
}
