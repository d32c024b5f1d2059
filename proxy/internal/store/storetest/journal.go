package storetest

import (
	"errors"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// expect fails the test unless a Load of the entity passes on exactly want.
func (c trial) expect(id store.ID, want history) {
	c.t.Helper()
	got, err := read(c.t.Context(), c.store, id)
	if err != nil {
		c.t.Fatalf("Load(%v): %v", id, err)
	}
	if !got.equal(want) {
		c.t.Fatalf("Load(%v) passes on\n%v\nwant\n%v", id, got, want)
	}
}

func (c trial) nothingStored() {
	c.expect(cartID(), history{})
	if err := c.store.Ping(c.t.Context()); err != nil {
		c.t.Errorf("Ping() = %v, want a store that takes writes", err)
	}
}

func (c trial) appendAndLoad() {
	c.add(cartID(), batch(0, "a"))
	c.add(cartID(), batch(1, "b", "c"))
	want := history{Events: events(1, "a", "b", "c")}
	c.expect(cartID(), want)
	c.expect(cartID(), want) // a Load changes nothing
}

func (c trial) sequencesHaveNoGaps() {
	var payloads []string
	// More than 256 events, so that a sequence grows past one byte.
	for len(payloads) < 300 {
		var some []string
		for i := range len(payloads)%7 + 1 {
			some = append(some, fmt.Sprint("event ", len(payloads)+i))
		}
		c.add(cartID(), batch(int64(len(payloads)), some...))
		payloads = append(payloads, some...)
	}
	c.expect(cartID(), history{Events: events(1, payloads...)})
}

func (c trial) sequencesAreTheStores() {
	b := batch(0, "a", "b")
	b.Events[0].Sequence, b.Events[1].Sequence = 7, 0
	c.add(cartID(), b)
	c.expect(cartID(), history{Events: events(1, "a", "b")})
}

func (c trial) snapshotHidesWhatItCovers() {
	b := batch(0, "a", "b")
	b.Snapshot = snapshot(2, "ab")
	c.add(cartID(), b)
	c.expect(cartID(), history{Snapshot: snapshot(2, "ab")})

	c.add(cartID(), batch(2, "c", "d"))
	c.expect(cartID(), history{Snapshot: snapshot(2, "ab"), Events: events(3, "c", "d")})
}

// snapshotInTheMidst: several replies may be one batch, and a snapshot is of one.
func (c trial) snapshotInTheMidst() {
	b := batch(0, "a", "b", "c")
	b.Snapshot = snapshot(2, "ab")
	c.add(cartID(), b)
	c.expect(cartID(), history{Snapshot: snapshot(2, "ab"), Events: events(3, "c")})
}

func (c trial) newestSnapshotWins() {
	for i := range int64(3) {
		b := batch(i*2, "x", "y")
		b.Snapshot = snapshot(i*2+2, fmt.Sprint("after ", i*2+2))
		c.add(cartID(), b)
	}
	c.add(cartID(), batch(6, "z"))
	c.expect(cartID(), history{
		Snapshot: snapshot(6, "after 6"),
		Events:   events(7, "z"),
	})
}

// snapshotAlone stores snapshots in the order 2, 3, 1: the newest stays.
func (c trial) snapshotAlone() {
	c.add(cartID(), batch(0, "a", "b", "c", "d"))
	for _, sequence := range []int64{2, 3, 1} {
		if err := c.snapshot(cartID(), snapshot(sequence, fmt.Sprint("after ", sequence))); err != nil {
			c.t.Fatalf("Snapshot(%d): %v", sequence, err)
		}
		stays := max(sequence, 2)
		if sequence == 1 {
			stays = 3
		}
		c.expect(cartID(), history{
			Snapshot: snapshot(stays, fmt.Sprint("after ", stays)),
			Events:   events(stays+1, []string{"a", "b", "c", "d"}[stays:]...),
		})
	}
	c.add(cartID(), batch(4, "e"))
	c.expect(cartID(), history{Snapshot: snapshot(3, "after 3"), Events: events(4, "d", "e")})
}

func (c trial) snapshotOfNothing() {
	c.add(cartID(), batch(0, "a", "b"))
	for _, sequence := range []int64{3, 1 << 62} {
		if err := c.snapshot(cartID(), snapshot(sequence, "lost")); !errors.Is(err, store.ErrConflict) {
			c.t.Errorf("Snapshot(%d) of a journal at 2 = %v, want ErrConflict", sequence, err)
		}
	}
	for _, id := range []store.ID{cartID(), {Persistence: "cart", Entity: "2"}} {
		if err := c.snapshot(id, snapshot(0, "lost")); err == nil {
			c.t.Errorf("Snapshot(0) of %v = nil, want an error", id)
		}
	}
	c.expect(cartID(), history{Events: events(1, "a", "b")})
	c.expect(store.ID{Persistence: "cart", Entity: "2"}, history{})
}

func (c trial) conflictStoresNothing() {
	c.add(cartID(), batch(0, "a", "b"))
	for _, expected := range []int64{0, 1, 3, 1 << 62} {
		b := batch(expected, "lost")
		b.Snapshot = snapshot(expected+1, "lost")
		if err := c.append(c.t.Context(), cartID(), b); !errors.Is(err, store.ErrConflict) {
			c.t.Errorf("Append at %d to a journal at 2 = %v, want ErrConflict", expected, err)
		}
	}
	other := store.ID{Persistence: "cart", Entity: "2"}
	if err := c.append(c.t.Context(), other, batch(1, "lost")); !errors.Is(err, store.ErrConflict) {
		c.t.Errorf("Append at 1 to an empty journal = %v, want ErrConflict", err)
	}
	c.expect(other, history{})
	c.expect(cartID(), history{Events: events(1, "a", "b")})
	c.add(cartID(), batch(2, "c"))
	c.expect(cartID(), history{Events: events(1, "a", "b", "c")})
}

func (c trial) brokenBatchStoresNothing() {
	early, late := batch(0, "a"), batch(0, "a")
	early.Snapshot, late.Snapshot = snapshot(0, "of none"), snapshot(2, "of none")
	for _, b := range []store.Batch{
		{},
		{Snapshot: snapshot(0, "alone")},
		batch(-1, "a"),
		early,
		late,
		{Delete: &entity.Delete{Retention: -1}},
		{Beside: store.Beside{Records: []store.Record{{Key: "k"}}}},
		{Beside: store.Beside{Effects: []store.Effect{{ID: "e"}}}},
	} {
		if err := c.append(c.t.Context(), cartID(), b); err == nil {
			c.t.Errorf("Append(%v) = nil, want an error", b)
		}
	}
	c.expect(cartID(), history{})
}

func (c trial) loadStopsAtFirstError() {
	c.add(cartID(), batch(0, "a", "b", "c"))
	stop := errors.New("stop")

	err := c.store.Load(c.t.Context(), cartID(),
		func(store.Head) error { return stop },
		func(entity.Event) error { c.t.Error("event was called after begin had failed"); return nil })
	if err != stop { //nolint:errorlint // the contract is: unchanged
		c.t.Errorf("Load() = %v, want the error of begin", err)
	}

	calls := 0
	err = c.store.Load(c.t.Context(), cartID(),
		func(store.Head) error { return nil },
		func(entity.Event) error { calls++; return stop })
	if err != stop || calls != 1 { //nolint:errorlint // the contract is: unchanged
		c.t.Errorf("Load() = %v after %d calls of event, want the error of the first", err, calls)
	}
}

// deletedForEver covers an entity that is deleted by a batch of nothing else, one
// that has never been, and that both take no write.
func (c trial) deletedForEver() {
	never := store.ID{Persistence: "cart", Entity: "never"}
	c.add(cartID(), batch(0, "a", "b"))
	for id, last := range map[store.ID]int64{cartID(): 2, never: 0} {
		c.add(id, store.Batch{Expected: last, Delete: &entity.Delete{Retention: long}})
		c.expect(id, history{Last: last, Deleted: true})
		for what, err := range map[string]error{
			"an event":   c.append(c.t.Context(), id, batch(last, "lost")),
			"a deletion": c.append(c.t.Context(), id, store.Batch{Expected: last, Delete: &entity.Delete{}}),
			"a record":   c.append(c.t.Context(), id, store.Batch{Expected: last, Beside: c.answer("k")}),
			"a snapshot": c.snapshot(id, snapshot(max(last, 1), "lost")),
		} {
			if !errors.Is(err, store.ErrDeleted) {
				c.t.Errorf("%s for a deleted entity = %v, want ErrDeleted", what, err)
			}
		}
		c.expect(id, history{Last: last, Deleted: true})
	}
	other := store.ID{Persistence: "cart", Entity: "other"}
	c.add(other, batch(0, "a"))
	c.expect(other, history{Events: events(1, "a")})
}

func (c trial) deletedWithItsLastEvents() {
	b := batch(0, "a")
	b.Snapshot = snapshot(1, "a")
	c.add(cartID(), b)
	b = batch(1, "b", "c")
	b.Delete = &entity.Delete{Retention: long}
	c.add(cartID(), b)
	c.expect(cartID(), history{Last: 3, Deleted: true})
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": events(1, "a", "b", "c")})
}

func (c trial) conflictDeletesNothing() {
	c.add(cartID(), batch(0, "a"))
	b := store.Batch{Delete: &entity.Delete{}}
	if err := c.append(c.t.Context(), cartID(), b); !errors.Is(err, store.ErrConflict) {
		c.t.Errorf("a deletion at 0 of a journal at 1 = %v, want ErrConflict", err)
	}
	c.expect(cartID(), history{Events: events(1, "a")})
	c.add(cartID(), batch(1, "b"))
}
