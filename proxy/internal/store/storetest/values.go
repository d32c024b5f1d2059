package storetest

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
)

// expectValue fails the test unless a Read of the entity returns want.
func (c trial) expectValue(id store.ID, want store.Value) {
	c.t.Helper()
	got, err := c.store.Read(c.t.Context(), id)
	if err != nil {
		c.t.Fatalf("Read(%v): %v", id, err)
	}
	if !sameValue(got, want) {
		c.t.Fatalf("Read(%v) = %v, want %v", id, got, want)
	}
}

func sameValue(a, b store.Value) bool {
	return a.Revision == b.Revision && (a.Value == nil) == (b.Value == nil) && proto.Equal(a.Value, b.Value) &&
		a.Ends.Equal(b.Ends)
}

// update returns a change of one action, which sets the value.
func update(expected int64, payload string) store.Change {
	return store.Change{Expected: expected, Actions: 1, Update: state(payload)}
}

func (c trial) valueWrittenAndRead() {
	c.expectValue(cartID(), store.Value{})
	c.put(cartID(), update(0, "a"))
	c.expectValue(cartID(), store.Value{Revision: 1, Value: state("a")})
	c.put(cartID(), store.Change{Expected: 1, Actions: 3, Update: state("d")})
	c.expectValue(cartID(), store.Value{Revision: 4, Value: state("d")})
	c.put(cartID(), store.Change{Expected: 4, Actions: 1}) // a delete
	c.expectValue(cartID(), store.Value{Revision: 5})
	c.put(cartID(), store.Change{Expected: 5, Actions: 1, Update: &anypb.Any{}}) // empty is not absent
	c.expectValue(cartID(), store.Value{Revision: 6, Value: &anypb.Any{}})
}

func (c trial) valueConflictStoresNothing() {
	c.put(cartID(), store.Change{Actions: 2, Update: state("a")})
	for _, expected := range []int64{0, 1, 3, 1 << 62} {
		for _, change := range []store.Change{update(expected, "lost"), {Expected: expected, Actions: 1}} {
			if err := c.write(c.t.Context(), cartID(), change); !errors.Is(err, store.ErrConflict) {
				c.t.Errorf("Write at %d to a value at 2 = %v, want ErrConflict", expected, err)
			}
		}
	}
	other := store.ID{Persistence: "cart", Entity: "2"}
	if err := c.write(c.t.Context(), other, update(1, "lost")); !errors.Is(err, store.ErrConflict) {
		c.t.Errorf("Write at 1 to no value = %v, want ErrConflict", err)
	}
	c.expectValue(other, store.Value{})
	c.expectValue(cartID(), store.Value{Revision: 2, Value: state("a")})
}

func (c trial) brokenChangeStoresNothing() {
	for _, change := range []store.Change{
		{},
		update(-1, "a"),
		{Actions: -1},
		{Update: state("a")},
		{Actions: 1, ExpireAfter: time.Hour},
		{Actions: 1, Update: state("a"), ExpireAfter: -1},
		{Beside: store.Beside{Records: []store.Record{{Key: "k"}}}},
	} {
		if err := c.write(c.t.Context(), cartID(), change); err == nil {
			c.t.Errorf("Write(%v) = nil, want an error", change)
		}
	}
	c.expectValue(cartID(), store.Value{})
}

func (c trial) valueExpires() {
	change := update(0, "a")
	change.ExpireAfter = time.Minute
	c.put(cartID(), change)
	lasts := store.Value{Revision: 1, Value: state("a"), Ends: c.clock.time().Add(time.Minute)}
	c.expectValue(cartID(), lasts)

	c.clock.move(time.Minute - time.Millisecond)
	c.put(cartID(), store.Change{Expected: 1, Beside: c.answer("k")}) // changes nothing of it
	c.expectValue(cartID(), lasts)

	c.clock.move(time.Millisecond)
	c.expectValue(cartID(), store.Value{Revision: 1})
	c.put(cartID(), update(1, "b"))
	c.expectValue(cartID(), store.Value{Revision: 2, Value: state("b")})
}

// valueOutlivesAnOlderEnd: the end is that of the newest value alone.
func (c trial) valueOutlivesAnOlderEnd() {
	change := update(0, "a")
	change.ExpireAfter = time.Minute
	c.put(cartID(), change)
	c.put(cartID(), update(1, "b"))
	c.clock.move(time.Hour)
	c.expectValue(cartID(), store.Value{Revision: 2, Value: state("b")})
}

// writersOfOneValue lets writers race for each revision: whoever loses goes on at
// the next one.
func (c trial) writersOfOneValue() {
	const last = 30
	wins := make([][]string, last)
	c.race(last, func(writer int, at int64) (string, error) {
		payload := fmt.Sprint("writer ", writer, " at ", at)
		return payload, c.write(c.t.Context(), cartID(), update(at, payload))
	}, wins)
	c.expectValue(cartID(), store.Value{Revision: last, Value: state(wins[last-1][0])})
}
