package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// checkModel does what chance says to the store and to the model and compares.
// All runs share one store, each under persistence ids of its own, for opening
// one costs more than a run.
func checkModel(t *testing.T, backend Backend) {
	t.Helper()
	p := place{t: t, backend: backend, dir: t.TempDir(), clock: newClock()}
	c := p.open()
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := modelRun{trial: c, model: model{}, run: run}
		m.t = rt // which tells of the smallest run that fails
		actions := map[string]func(*rapid.T){
			"append":   m.append,
			"snapshot": m.snapshot,
			"write":    m.write,
			"wait": func(rt *rapid.T) {
				c.clock.move(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"sweep":   func(*rapid.T) { c.sweep(); m.model.sweep(c.clock.time()) },
			"compare": func(rt *rapid.T) { m.compare(m.id(rt)) },
		}
		if backend.Durable {
			actions["reopen"] = func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "now if 0") != 0 {
					rt.Skip("opening is slow")
				}
				p.close(c)
				c = p.open()
				m.trial = c
				m.t = rt
			}
		}
		rt.Repeat(actions)
		for id := range m.model {
			m.compare(id)
			m.expectLog(id.Persistence, m.log(id.Persistence), m.model.log(id.Persistence))
		}
	})
}

// modelRun is one run: a store that has been used before, and a model of what is new.
type modelRun struct {
	trial

	model model
	run   int
}

// id draws an entity of the run.
func (m *modelRun) id(rt *rapid.T) store.ID {
	return store.ID{
		Persistence: fmt.Sprint(m.run, rapid.SampledFrom([]string{"", "a", "a\x00"}).Draw(rt, "persistence")),
		Entity:      rapid.SampledFrom([]string{"", "a", "\x00a", "b"}).Draw(rt, "entity"),
	}
}

// compare fails the test unless the store has of the entity what the model has.
func (m *modelRun) compare(id store.ID) {
	w := m.model.of(id)
	m.expect(id, w.history())
	m.expectValue(id, w.now(m.clock.time()))
	for key, record := range w.records {
		want := &record
		if !m.clock.time().Before(record.Expires) {
			want = nil
		}
		m.expectRecord(id, key, want)
	}
}

func (m *modelRun) append(rt *rapid.T) {
	id := m.id(rt)
	w := m.model.of(id)
	b := store.Batch{Expected: drawExpected(rt, w.last()), Beside: m.beside(rt)}
	for range rapid.IntRange(0, 3).Draw(rt, "events") {
		b.Events = append(b.Events, entity.Event{Payload: drawPayload(rt), Time: m.clock.time()})
	}
	if n := len(b.Events); n > 0 && rapid.IntRange(0, 3).Draw(rt, "snapshot if 0") == 0 {
		covers := rapid.IntRange(1, n).Draw(rt, "covers")
		b.Snapshot = &entity.Snapshot{Sequence: b.Expected + int64(covers), State: drawPayload(rt)}
	}
	if rapid.IntRange(0, 19).Draw(rt, "delete if 0") == 0 {
		b.Delete = &entity.Delete{Retention: drawSeconds(rt)}
	}
	if b.Validate() != nil {
		rt.Skip("nothing drawn")
	}
	got, want := m.trial.append(m.t.Context(), id, b), w.append(b, m.clock.time())
	if !errors.Is(got, want) {
		rt.Fatalf("Append(%v, %v) = %v, want %v", id, b, got, want)
	}
}

func (m *modelRun) snapshot(rt *rapid.T) {
	id := m.id(rt)
	w := m.model.of(id)
	snapshot := &entity.Snapshot{Sequence: rapid.Int64Range(1, w.last()+1).Draw(rt, "covers"), State: drawPayload(rt)}
	if stored := w.snapshot; stored != nil && stored.Sequence == snapshot.Sequence {
		rt.Skip("of one sequence is one state")
	}
	got, want := m.trial.snapshot(id, snapshot), w.store(snapshot)
	if !errors.Is(got, want) {
		rt.Fatalf("Snapshot(%v, %v) = %v, want %v", id, snapshot, got, want)
	}
}

func (m *modelRun) write(rt *rapid.T) {
	id := m.id(rt)
	id.Persistence = "values " + id.Persistence // whose entities are of one kind
	w := m.model.of(id)
	change := store.Change{
		Expected: drawExpected(rt, w.value.Revision),
		Actions:  rapid.IntRange(0, 2).Draw(rt, "actions"),
		Beside:   m.beside(rt),
	}
	if change.Actions > 0 && rapid.IntRange(0, 3).Draw(rt, "delete if 0") > 0 {
		change.Update = drawPayload(rt)
		change.ExpireAfter = drawSeconds(rt)
	}
	if change.Validate() != nil {
		rt.Skip("nothing drawn")
	}
	got, want := m.trial.write(m.t.Context(), id, change), w.write(change, m.clock.time())
	if !errors.Is(got, want) {
		rt.Fatalf("Write(%v, %v) = %v, want %v", id, change, got, want)
	}
}

// beside draws a record, or none.
func (m *modelRun) beside(rt *rapid.T) (beside store.Beside) {
	if rapid.IntRange(0, 2).Draw(rt, "record if 0") == 0 {
		record := m.record(rapid.SampledFrom([]string{"k", "k\x00", "l"}).Draw(rt, "key"))
		record.Answer = rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(rt, "answer")
		record.Expires = m.clock.time().Add(time.Second + drawSeconds(rt))
		beside.Records = []store.Record{record}
	}
	return beside
}

// drawExpected returns most often what is.
func drawExpected(rt *rapid.T, at int64) int64 {
	return max(0, at+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(rt, "off by"))
}

func drawPayload(rt *rapid.T) *anypb.Any {
	return &anypb.Any{
		TypeUrl: rapid.SampledFrom([]string{"", "t", "type.googleapis.com/example.T"}).Draw(rt, "type"),
		Value:   rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "value"),
	}
}

// drawSeconds returns a short while, or none.
func drawSeconds(rt *rapid.T) time.Duration {
	return time.Duration(rapid.SampledFrom([]int{0, 0, 20, 60}).Draw(rt, "seconds")) * time.Second
}
