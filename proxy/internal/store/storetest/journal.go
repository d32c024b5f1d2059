package storetest

import (
	"errors"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func cartID() store.ID { return store.ID{Persistence: "cart", Entity: "1"} }

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

// add fails the test unless the batch is stored.
func (c trial) add(id store.ID, b store.Batch) {
	c.t.Helper()
	if err := c.store.Append(c.t.Context(), id, b); err != nil {
		c.t.Fatalf("Append(%v, %d): %v", id, b.Expected, err)
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

func (c trial) snapshotHidesWhatItCovers() {
	b := batch(0, "a", "b")
	b.Snapshot = snapshot(2, "ab")
	c.add(cartID(), b)
	c.expect(cartID(), history{Snapshot: snapshot(2, "ab")})

	c.add(cartID(), batch(2, "c", "d"))
	c.expect(cartID(), history{Snapshot: snapshot(2, "ab"), Events: events(3, "c", "d")})
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

func (c trial) conflictStoresNothing() {
	c.add(cartID(), batch(0, "a", "b"))
	for _, expected := range []int64{0, 1, 3, 1 << 62} {
		b := batch(expected, "lost")
		b.Snapshot = snapshot(expected+1, "lost")
		if err := c.store.Append(c.t.Context(), cartID(), b); !errors.Is(err, store.ErrConflict) {
			c.t.Errorf("Append at %d to a journal at 2 = %v, want ErrConflict", expected, err)
		}
	}
	other := store.ID{Persistence: "cart", Entity: "2"}
	if err := c.store.Append(c.t.Context(), other, batch(1, "lost")); !errors.Is(err, store.ErrConflict) {
		c.t.Errorf("Append at 1 to an empty journal = %v, want ErrConflict", err)
	}
	c.expect(other, history{})
	c.expect(cartID(), history{Events: events(1, "a", "b")})
	c.add(cartID(), batch(2, "c"))
	c.expect(cartID(), history{Events: events(1, "a", "b", "c")})
}

func (c trial) brokenBatchStoresNothing() {
	for _, b := range []store.Batch{{}, {Snapshot: snapshot(0, "alone")}, batch(-1, "a")} {
		if err := c.store.Append(c.t.Context(), cartID(), b); err == nil {
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
