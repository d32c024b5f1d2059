package storetest

import (
	"errors"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// sweep sweeps until there is no more.
func (c trial) sweep() {
	c.t.Helper()
	for range 100 {
		more, err := c.store.Sweep(c.t.Context())
		if err != nil {
			c.t.Fatalf("Sweep: %v", err)
		}
		if !more {
			return
		}
	}
	c.t.Fatal("Sweep finds more again and again")
}

// sweepAt sweeps when so much time has passed, and turns the clock back: what is seen
// then is what is left, be its time over or not.
func (c trial) sweepAt(after time.Duration) {
	c.t.Helper()
	c.clock.move(after)
	c.sweep()
	c.clock.move(-after)
}

// sweepForgetsAnswers: one that was recorded anew lasts as long as that.
func (c trial) sweepForgetsAnswers() {
	beside := store.Beside{Records: []store.Record{c.record("gone"), c.record("stays"), c.record("anew")}}
	beside.Records[1].Expires = beside.Records[1].Expires.Add(time.Millisecond)
	stays := beside.Records[1]
	c.add(cartID(), store.Batch{Beside: beside})
	anew := c.record("anew")
	anew.Expires = c.clock.time().Add(long)
	c.add(cartID(), store.Batch{Beside: store.Beside{Records: []store.Record{anew}}})

	c.sweepAt(time.Hour)
	c.expectRecord(cartID(), "gone", nil)
	c.expectRecord(cartID(), "stays", &stays)
	c.expectRecord(cartID(), "anew", &anew)
}

// sweepForgetsValues: the revision stays, and so does a value that took the place of
// one that would be gone.
func (c trial) sweepForgetsValues() {
	change := update(0, "value")
	change.ExpireAfter = time.Hour
	gone, stays, anew, longer := store.ID{Entity: "gone"}, store.ID{Entity: "stays"}, store.ID{Entity: "anew"}, store.ID{Entity: "longer"}
	for _, id := range []store.ID{gone, anew, longer} {
		c.put(id, change)
	}
	c.put(anew, update(1, "anew"))
	change.Expected, change.ExpireAfter = 1, 2*time.Hour
	c.put(longer, change)
	change.Expected, change.ExpireAfter = 0, time.Hour+time.Millisecond
	c.put(stays, change)

	c.sweepAt(time.Hour)
	now := c.clock.time()
	c.expectValue(gone, store.Value{Revision: 1})
	c.expectValue(stays, store.Value{Revision: 1, Value: state("value"), Ends: now.Add(time.Hour + time.Millisecond)})
	c.expectValue(anew, store.Value{Revision: 2, Value: state("anew")})
	c.expectValue(longer, store.Value{Revision: 2, Value: state("value"), Ends: now.Add(2 * time.Hour)})
	c.put(gone, update(1, "again"))
}

// sweepForgetsDeletedEntities: their events, once their retention is over; not that
// they were deleted, nor their answers and effects.
func (c trial) sweepForgetsDeletedEntities() {
	gone, stays := store.ID{Persistence: "cart", Entity: "gone"}, store.ID{Persistence: "cart", Entity: "stays"}
	lives := store.ID{Persistence: "cart", Entity: "lives"}
	for id, retention := range map[store.ID]time.Duration{gone: time.Minute, stays: time.Minute + time.Millisecond} {
		b := batch(0, "a", "b")
		b.Snapshot = snapshot(1, "a")
		c.add(id, b)
		c.add(id, store.Batch{Expected: 2, Delete: &entity.Delete{Retention: retention}, Beside: c.answer("k")})
	}
	b := batch(0, "a")
	b.Beside.Effects = []store.Effect{c.effect("e")}
	c.add(lives, b)
	whole := map[string][]entity.Event{"gone": events(1, "a", "b"), "stays": events(1, "a", "b"), "lives": events(1, "a")}
	c.sweep() // nothing is due
	c.expectLog("cart", c.log("cart"), whole)

	c.sweepAt(time.Minute)
	delete(whole, "gone")
	c.expectLog("cart", c.log("cart"), whole)
	answer := c.record("k")
	for _, id := range []store.ID{gone, stays} {
		c.expect(id, history{Last: 2, Deleted: true})
		c.expectRecord(id, "k", &answer)
		if err := c.append(c.t.Context(), id, batch(2, "lost")); !errors.Is(err, store.ErrDeleted) {
			c.t.Errorf("Append to %v = %v, want ErrDeleted", id, err)
		}
	}
	c.expect(lives, history{Events: events(1, "a")})
	c.expectEffects(from(lives, c.effect("e")))
	c.add(lives, batch(1, "b"))

	_, end := c.logAfter("cart", 0, 100)
	c.add(lives, batch(2, "c"))
	entries, _ := c.logAfter("cart", end, 100)
	c.expectLog("cart", entries, map[string][]entity.Event{"lives": events(3, "c")})
}
