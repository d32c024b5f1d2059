package storetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// record returns the record of the key, good for an hour.
func (c trial) record(key string) store.Record {
	return store.Record{
		Key: key, Command: "AddItem", Digest: sha256.Sum256([]byte(key)),
		Answer: []byte("answer \x00\xff " + key), Expires: c.clock.time().Add(time.Hour),
	}
}

// answer returns the record of the key as what a write carries.
func (c trial) answer(key string) store.Beside {
	return store.Beside{Records: []store.Record{c.record(key)}}
}

// expectRecord fails the test unless the record of the entity under the key is want;
// nil for none.
func (c trial) expectRecord(id store.ID, key string, want *store.Record) {
	c.t.Helper()
	got, found, err := c.store.Record(c.t.Context(), id, key)
	if err != nil {
		c.t.Fatalf("Record(%v, %q): %v", id, key, err)
	}
	if want == nil {
		want = &store.Record{}
	}
	if found != (want.Key != "") || !sameRecord(got, *want) {
		c.t.Fatalf("Record(%v, %q) = %v, %v, want %v", id, key, got, found, *want)
	}
}

func sameRecord(a, b store.Record) bool {
	return a.Key == b.Key && a.Command == b.Command && a.Digest == b.Digest && bytes.Equal(a.Answer, b.Answer) &&
		a.Expires.Equal(b.Expires)
}

func (c trial) recordsStoredWithTheWrite() {
	b := batch(0, "a")
	b.Beside.Records = []store.Record{c.record("k1"), c.record("k2")}
	c.add(cartID(), b)
	change := update(0, "a")
	change.Beside = c.answer("k1")
	change.Beside.Records[0].Answer = nil // an answer may be of no bytes
	value := store.ID{Persistence: "profile", Entity: "1"}
	c.put(value, change)

	for _, key := range []string{"k1", "k2"} {
		want := c.record(key)
		c.expectRecord(cartID(), key, &want)
	}
	c.expectRecord(value, "k1", &change.Beside.Records[0])
	for _, key := range []string{"", "k", "k11", "K1"} {
		c.expectRecord(cartID(), key, nil)
	}
	c.expectRecord(store.ID{Persistence: "cart", Entity: "2"}, "k1", nil)
}

// recordsEnd: one whose time is over is none, and its key is free for another.
func (c trial) recordsEnd() {
	c.add(cartID(), store.Batch{Beside: c.answer("k")})
	want := c.record("k")
	c.clock.move(time.Hour - time.Millisecond)
	c.expectRecord(cartID(), "k", &want)
	c.clock.move(time.Millisecond)
	c.expectRecord(cartID(), "k", nil)
	c.add(cartID(), store.Batch{Beside: c.answer("k")})
	want = c.record("k")
	c.expectRecord(cartID(), "k", &want)
}

// writeOfWhatIsBesideAlone: it expects what any write does, and leaves that as it is.
func (c trial) writeOfWhatIsBesideAlone() {
	c.add(cartID(), store.Batch{Beside: c.answer("first")})
	c.expect(cartID(), history{})
	c.add(cartID(), batch(0, "a"))
	c.add(cartID(), store.Batch{Expected: 1, Beside: c.answer("second")})
	c.expect(cartID(), history{Events: events(1, "a")})

	value := store.ID{Persistence: "profile", Entity: "1"}
	c.put(value, store.Change{Beside: c.answer("first")})
	c.expectValue(value, store.Value{})
	c.put(value, update(0, "a"))
	c.put(value, store.Change{Expected: 1, Beside: c.answer("second")})
	c.expectValue(value, store.Value{Revision: 1, Value: state("a")})

	for _, id := range []store.ID{cartID(), value} {
		for _, key := range []string{"first", "second"} {
			want := c.record(key)
			c.expectRecord(id, key, &want)
		}
	}
}

// refusedWriteStoresNothingBeside covers writes that conflict and one to a deleted
// entity.
func (c trial) refusedWriteStoresNothingBeside() {
	deleted := store.ID{Persistence: "cart", Entity: "deleted"}
	c.add(deleted, store.Batch{Delete: &entity.Delete{}})
	beside := c.answer("k")
	beside.Effects = []store.Effect{c.effect("e")}
	b := batch(1, "lost")
	b.Beside = beside
	change := update(1, "lost")
	change.Beside = beside
	for what, err := range map[string]error{
		"Append":                     c.append(c.t.Context(), cartID(), b),
		"Append of what is beside":   c.append(c.t.Context(), cartID(), store.Batch{Expected: 1, Beside: beside}),
		"Append to a deleted entity": c.append(c.t.Context(), deleted, store.Batch{Beside: beside}),
		"Write":                      c.write(c.t.Context(), cartID(), change),
		"Write of what is beside":    c.write(c.t.Context(), cartID(), store.Change{Expected: 1, Beside: beside}),
	} {
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrDeleted) {
			c.t.Errorf("%s = %v, want ErrConflict or ErrDeleted", what, err)
		}
	}
	c.expectRecord(cartID(), "k", nil)
	c.expectRecord(deleted, "k", nil)
	c.expectEffects()
}

// effect returns an effect with the id.
func (c trial) effect(id string) store.Effect {
	return store.Effect{ID: id, Body: []byte("body \x00\xff of " + id), Stored: c.clock.time()}
}

// from returns the effect as one that the entity asked for.
func from(id store.ID, effect store.Effect) store.Effect {
	effect.Source = id
	return effect
}

// expectEffects fails the test unless just these are passed on, in this order.
func (c trial) expectEffects(want ...store.Effect) {
	c.t.Helper()
	var got []store.Effect
	err := c.store.Effects(c.t.Context(), func(effect store.Effect) error {
		got = append(got, effect)
		return nil
	})
	if err != nil {
		c.t.Fatalf("Effects: %v", err)
	}
	if !slices.EqualFunc(got, want, sameEffect) {
		c.t.Fatalf("Effects passes on\n%s\nwant\n%s", listEffects(got), listEffects(want))
	}
}

func sameEffect(a, b store.Effect) bool {
	same := a.ID == b.ID && a.Source == b.Source && bytes.Equal(a.Body, b.Body) && a.Stored.Equal(b.Stored)
	if a.Parked == nil || b.Parked == nil {
		return same && a.Parked == b.Parked
	}
	return same && a.Parked.At.Equal(b.Parked.At) && a.Parked.Attempts == b.Parked.Attempts &&
		a.Parked.Code == b.Parked.Code && a.Parked.Text == b.Parked.Text
}

func listEffects(effects []store.Effect) string {
	var text strings.Builder
	for _, e := range effects {
		fmt.Fprintf(&text, "  %q of %v, stored %v, parked %v, body %q\n", e.ID, e.Source, e.Stored, e.Parked, e.Body)
	}
	return text.String()
}

// effectsInOrder stores effects with several writes, of journals and of values, whose
// order is not that of their ids.
func (c trial) effectsInOrder() {
	c.expectEffects()
	other := store.ID{Persistence: "profile", Entity: "\x00"}
	c.add(cartID(), store.Batch{Beside: store.Beside{Effects: []store.Effect{c.effect("20"), c.effect("9")}}})
	c.put(other, store.Change{Beside: store.Beside{Effects: []store.Effect{c.effect("1"), c.effect("3")}}})
	c.add(cartID(), store.Batch{Beside: store.Beside{Effects: []store.Effect{c.effect("2")}}})
	c.expectEffects(
		from(other, c.effect("1")), from(cartID(), c.effect("2")), from(cartID(), c.effect("20")),
		from(other, c.effect("3")), from(cartID(), c.effect("9")),
	)
}

func (c trial) effectsUntilDelivered() {
	c.add(cartID(), store.Batch{Beside: store.Beside{Effects: []store.Effect{c.effect("1"), c.effect("2")}}})
	for range 2 { // the second time it is gone
		if err := c.store.Delivered(c.t.Context(), cartID(), "1"); err != nil {
			c.t.Fatalf("Delivered: %v", err)
		}
		c.expectEffects(from(cartID(), c.effect("2")))
	}
}

// effectsParked parks an effect, and has it tried again an hour later.
func (c trial) effectsParked() {
	c.add(cartID(), store.Batch{Beside: store.Beside{Effects: []store.Effect{c.effect("1"), c.effect("2")}}})
	park := func(id string, parking *store.Parking) {
		c.t.Helper()
		if err := c.store.Park(c.t.Context(), cartID(), id, parking); err != nil {
			c.t.Fatalf("Park(%q): %v", id, err)
		}
	}
	first, second := from(cartID(), c.effect("1")), from(cartID(), c.effect("2"))
	c.clock.move(time.Hour)
	first.Parked = &store.Parking{At: c.clock.time(), Attempts: 12, Code: 14, Text: "the target is gone"}
	park("1", first.Parked)
	c.expectEffects(first, second)

	park("1", nil)
	first.Parked, first.Stored = nil, c.clock.time()
	c.expectEffects(first, second)

	park("gone", &store.Parking{At: c.clock.time()})
	c.expectEffects(first, second)
}
