package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// place is where a test opens one store after another.
type place struct {
	t       testing.TB
	backend Backend
	dir     string
	clock   *clock
}

// open opens the place. A store that was open there before is closed.
func (p place) open() trial {
	p.t.Helper()
	return newTrial(p.t, p.backend.open(p.t, p.dir, p.clock), p.clock)
}

func (p place) close(c trial) {
	p.t.Helper()
	if err := c.store.Close(); err != nil {
		p.t.Fatalf("Close: %v", err)
	}
}

// reopenings lists the tests of what outlives a store.
func reopenings() []struct {
	name string
	run  func(place)
} {
	return []struct {
		name string
		run  func(place)
	}{
		{"ReopenedJournal", place.journal},
		{"ReopenedWhole", place.whole},
		{"ReopenedEpochs", place.epochs},
		{"ReopenedLog", place.log},
	}
}

func (p place) journal() {
	var payloads []string
	for i := range int64(3) {
		c := p.open()
		c.expect(cartID(), history{Events: events(1, payloads...)})
		c.add(cartID(), batch(i, "event"))
		payloads = append(payloads, "event")
		p.close(c)
	}
	c := p.open()
	b := batch(3, "last")
	b.Snapshot = snapshot(4, "state")
	c.add(cartID(), b)
	p.close(c)
	c = p.open()
	c.expect(cartID(), history{Snapshot: snapshot(4, "state")})
}

// whole stores something of everything, and finds it in the next store.
func (p place) whole() {
	value := store.ID{Persistence: "profile", Entity: "1"}
	deleted := store.ID{Persistence: "cart", Entity: "deleted"}
	c := p.open()
	c.add(cartID(), batch(0, "a"))
	if err := c.snapshot(cartID(), snapshot(1, "alone")); err != nil {
		p.t.Fatalf("Snapshot: %v", err)
	}
	change := update(0, "value")
	change.ExpireAfter, change.Beside = time.Hour, c.answer("k")
	change.Beside.Effects = []store.Effect{c.effect("1"), c.effect("2"), c.effect("3")}
	c.put(value, change)
	c.add(deleted, store.Batch{Delete: &entity.Delete{Retention: time.Minute}, Events: events(1, "b")})
	c.save("node", store.Replica{ID: value, State: []byte("copy")})
	parking := &store.Parking{At: c.clock.time(), Attempts: 3, Code: 5, Text: "why"}
	if err := errors.Join(
		c.store.Kind(p.t.Context(), "cart", "one kind"),
		c.store.Park(p.t.Context(), value, "2", parking),
		c.store.Delivered(p.t.Context(), value, "3"),
	); err != nil {
		p.t.Fatal(err)
	}
	p.close(c)

	c = p.open()
	c.expect(cartID(), history{Snapshot: snapshot(1, "alone")})
	c.expectValue(value, store.Value{Revision: 1, Value: state("value"), Ends: c.clock.time().Add(time.Hour)})
	want := c.record("k")
	c.expectRecord(value, "k", &want)
	parked := from(value, c.effect("2"))
	parked.Parked = parking
	c.expectEffects(from(value, c.effect("1")), parked)
	c.expect(deleted, history{Last: 1, Deleted: true})
	c.expectReplica(value, "copy")
	if err := c.store.Kind(p.t.Context(), "cart", "other kind"); !errors.Is(err, store.ErrKind) {
		p.t.Errorf("another Kind = %v, want ErrKind", err)
	}

	c.sweepAt(time.Hour)
	p.close(c)
	c = p.open()
	c.expectValue(value, store.Value{Revision: 1})
	c.expectRecord(value, "k", nil)
	c.expect(deleted, history{Last: 1, Deleted: true})
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": events(1, "a")})
}

// epochs: whoever opens the place after another has a newer right.
func (p place) epochs() {
	old := store.Fence{Shard: shard}
	for range 4 {
		c := p.open() // under the name of the one before
		if c.fence.Epoch <= old.Epoch {
			p.t.Errorf("the epoch is %d after %d", c.fence.Epoch, old.Epoch)
		}
		again := c.clock.node("tester")
		c.join(again, long)
		old = c.takeover(again, c.fence)
		p.close(c)
	}
}

// log: a reader goes on where it was, though the last events that it was given are gone.
func (p place) log() {
	deleted := store.ID{Persistence: "cart", Entity: "deleted"}
	c := p.open()
	c.add(cartID(), batch(0, "a"))
	c.add(deleted, batch(0, "b"))
	c.add(deleted, store.Batch{Expected: 1, Delete: &entity.Delete{}})
	_, after := c.logAfter("cart", 0, 100)
	c.sweep()
	p.close(c)

	c = p.open()
	c.add(cartID(), batch(1, "c"))
	entries, _ := c.logAfter("cart", after, 100)
	c.expectLog("cart", entries, map[string][]entity.Event{"1": events(2, "c")})
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": events(1, "a", "c")})
}
