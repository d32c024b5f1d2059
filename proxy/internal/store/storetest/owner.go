package storetest

import (
	"errors"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func (c trial) callerKeepsTheBatch() {
	b := batch(0, "event")
	b.Snapshot = snapshot(1, "state")
	c.add(cartID(), b)
	c.add(cartID(), batch(1, "later"))
	for _, payload := range []*anypb.Any{b.Events[0].Payload, b.Snapshot.State} {
		copy(payload.GetValue(), "XXXXX")
		payload.TypeUrl = "changed"
	}
	c.expect(cartID(), history{
		Snapshot: snapshot(1, "state"),
		Events:   events(2, "later"),
	})
}

func (c trial) calleeOwnsWhatLoadPasses() {
	b := batch(0, "first")
	b.Snapshot = snapshot(1, "state")
	c.add(cartID(), b)
	c.add(cartID(), batch(1, "second", "third"))

	kept, err := read(c.t.Context(), c.store, cartID())
	if err != nil {
		c.t.Fatalf("Load: %v", err)
	}
	// What one Load passed on may be written to; neither what it passed on
	// before nor another Load shows it.
	copy(kept.Events[1].Payload.GetValue(), "XXXXX")
	copy(kept.Snapshot.State.GetValue(), "XXXXX")
	if got := string(kept.Events[0].Payload.GetValue()); got != "second" {
		c.t.Errorf("a payload became %q after another was written to", got)
	}
	c.expect(cartID(), history{
		Snapshot: snapshot(1, "state"),
		Events:   events(2, "second", "third"),
	})
}

// callerKeepsWhatItGave writes to what it gave to everything but Append.
func (c trial) callerKeepsWhatItGave() {
	overwrite := func(b []byte) { copy(b, "XXXXX") }
	change := update(0, "value")
	change.Beside = c.answer("k")
	change.Beside.Effects = []store.Effect{c.effect("e")}
	c.put(cartID(), change)
	copied := []byte("state")
	c.save("node", store.Replica{ID: cartID(), State: copied})
	parking := &store.Parking{At: c.clock.time(), Text: "why"}
	if err := c.store.Park(c.t.Context(), cartID(), "e", parking); err != nil {
		c.t.Fatalf("Park: %v", err)
	}
	alone := store.ID{Persistence: "cart", Entity: "alone"}
	c.add(alone, batch(0, "a"))
	shot := snapshot(1, "shot")
	if err := c.snapshot(alone, shot); err != nil {
		c.t.Fatalf("Snapshot: %v", err)
	}
	overwrite(shot.State.GetValue())
	overwrite(change.Update.GetValue())
	overwrite(change.Beside.Records[0].Answer)
	overwrite(change.Beside.Effects[0].Body)
	overwrite(copied)
	parking.Text = "changed"
	c.expect(alone, history{Snapshot: snapshot(1, "shot")})
	c.expectValue(cartID(), store.Value{Revision: 1, Value: state("value")})
	want := c.record("k")
	c.expectRecord(cartID(), "k", &want)
	effect := from(cartID(), c.effect("e"))
	effect.Parked = &store.Parking{At: c.clock.time(), Text: "why"}
	c.expectEffects(effect)
	c.expectReplica(cartID(), "state")
}

// calleeOwnsWhatItGets writes to what everything but Load passes on.
func (c trial) calleeOwnsWhatItGets() {
	overwrite := func(b []byte) { copy(b, "XXXXX") }
	change := update(0, "value")
	change.Beside = c.answer("k")
	change.Beside.Effects = []store.Effect{c.effect("e")}
	c.put(cartID(), change)
	c.add(cartID(), batch(0, "event"))
	c.save("node", store.Replica{ID: cartID(), State: []byte("state")})
	parking := store.Parking{At: c.clock.time(), Text: "why"}
	if err := c.store.Park(c.t.Context(), cartID(), "e", &parking); err != nil {
		c.t.Fatalf("Park: %v", err)
	}

	value, valueErr := c.store.Read(c.t.Context(), cartID())
	overwrite(value.Value.GetValue())
	record, _, recordErr := c.store.Record(c.t.Context(), cartID(), "k")
	overwrite(record.Answer)
	if err := errors.Join(valueErr, recordErr,
		c.store.Effects(c.t.Context(), func(effect store.Effect) error {
			overwrite(effect.Body)
			effect.Parked.Text = "changed"
			return nil
		}),
		c.store.Replica(c.t.Context(), cartID(), func(state []byte) error { overwrite(state); return nil }),
	); err != nil {
		c.t.Fatal(err)
	}
	for _, entry := range c.log("cart") {
		overwrite(entry.Event.Payload.GetValue())
	}

	c.expectValue(cartID(), store.Value{Revision: 1, Value: state("value")})
	want := c.record("k")
	c.expectRecord(cartID(), "k", &want)
	effect := from(cartID(), c.effect("e"))
	effect.Parked = &parking
	c.expectEffects(effect)
	c.expectReplica(cartID(), "state")
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": events(1, "event")})
}
