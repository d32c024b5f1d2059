package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// ids returns ids that a careless encoding would take for one another.
func ids() []store.ID {
	parts := []string{
		"", "a", "b", "aa", "ab", "a/b", "/", "a/", "/a", "a\x00", "\x00", "\x00\x00", "a\x00b", "\x00a",
		"a\x01", "a\xff", "\xff", "\xff\xff", "a\x00\xff", "a\x00\x01", "1", "a:1", "a b", "ä", "a\u0308", "\u8cfc\u7269", "🛒",
		"\xc3\x28", strings.Repeat("long", 500),
	}
	var list []store.ID
	for _, persistence := range parts {
		for _, key := range parts {
			list = append(list, store.ID{Persistence: persistence, Entity: key})
		}
	}
	return list
}

func (c trial) idsNeverMix() {
	// Each third entity has a snapshot, which would show in another that has none.
	var appends []func() error
	var want []history
	for i, id := range ids() {
		payloads := []string{fmt.Sprint("first of ", i), fmt.Sprint("second of ", i)}
		b, h := batch(0, payloads...), history{Events: events(1, payloads...)}
		if i%3 == 0 {
			b.Snapshot = snapshot(2, fmt.Sprint("state of ", i))
			h = history{Snapshot: b.Snapshot}
		}
		appends = append(appends, func() error { return c.append(c.t.Context(), id, b) })
		want = append(want, h)
	}
	c.together(appends)
	for i, id := range ids() {
		c.expect(id, want[i])
	}
}

func (c trial) payloadsIntact() {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	payloads := []*anypb.Any{
		{},
		{TypeUrl: "type.googleapis.com/example.Empty"},
		{Value: []byte("no type")},
		{TypeUrl: "type.googleapis.com/example.Every", Value: every},
		{TypeUrl: "json.cloudstate.io/object", Value: []byte(`{"a":1}`)},
		{TypeUrl: strings.Repeat("u", 4096), Value: []byte{0}},
		{TypeUrl: "type.googleapis.com/example.Big", Value: bytes.Repeat(every, 1<<20/len(every))},
		{TypeUrl: "type.googleapis.com/example.Big", Value: make([]byte, 1<<20)},
	}
	want := history{}
	for i, payload := range payloads {
		want.Events = append(want.Events, entity.Event{Sequence: int64(i + 1), Payload: payload})
	}
	c.add(cartID(), store.Batch{Events: want.Events})
	c.expect(cartID(), want)

	for i, payload := range payloads {
		sequence := int64(len(payloads) + i)
		covers := &entity.Snapshot{Sequence: sequence + 1, State: payload}
		c.add(cartID(), store.Batch{Expected: sequence, Events: []entity.Event{{Payload: payload}}, Snapshot: covers})
		c.expect(cartID(), history{Snapshot: covers})
	}
}

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

// idsNeverMixBeside does the same for what is not of a journal. A few ids will do:
// a store makes its keys in one way.
func (c trial) idsNeverMixBeside() {
	var all []store.ID
	for i, id := range ids() {
		if i%5 == 0 {
			all = append(all, id)
		}
	}
	var work []func() error
	for i, id := range all {
		work = append(work, func() error {
			change := update(0, fmt.Sprint("value of ", i))
			change.Beside.Records = []store.Record{c.record(fmt.Sprint("key of ", i)), c.record("same")}
			change.Beside.Records[1].Answer = fmt.Append(nil, "answer of ", i)
			if err := c.write(c.t.Context(), id, change); err != nil {
				return err
			}
			return c.store.Save(c.t.Context(), "node", []store.Replica{{ID: id, State: fmt.Append(nil, "copy of ", i)}})
		})
	}
	c.together(work)
	for i, id := range all {
		c.expectValue(id, store.Value{Revision: 1, Value: state(fmt.Sprint("value of ", i))})
		c.expectReplica(id, fmt.Sprint("copy of ", i))
		same := c.record("same")
		same.Answer = fmt.Append(nil, "answer of ", i)
		c.expectRecord(id, "same", &same)
		c.expectRecord(id, fmt.Sprint("key of ", (i+1)%len(all)), nil)
	}
}

// timeAndMetadataIntact: to the millisecond, and in the order in which they came.
func (c trial) timeAndMetadataIntact() {
	text := func(key, value string) *entityv1.MetadataEntry {
		return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
	}
	list := events(1, "a", "b", "c", "d")
	list[0].Time = c.clock.time()
	list[0].Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("ce-b", "2"), text("ce-a", "1"), text("ce-b", "3"), text("empty", ""),
		{Key: "some-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte("\x00\xff")}},
	}}
	list[1].Time = time.UnixMilli(1)
	list[2].Time = time.Date(1969, 12, 31, 23, 59, 59, 999_000_000, time.FixedZone("east", 3600))
	list[3].Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{text("traceparent", "00-01")}}
	c.add(cartID(), store.Batch{Events: list})
	c.expect(cartID(), history{Events: list})
	c.expectLog("cart", c.log("cart"), map[string][]entity.Event{"1": list})
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

// passingOnStopsAtFirstError covers everything that passes things on, but Load.
func (c trial) passingOnStopsAtFirstError() {
	b := batch(0, "a", "b")
	b.Beside.Effects = []store.Effect{c.effect("1"), c.effect("2")}
	c.add(cartID(), b)
	for _, node := range []string{"a", "b"} {
		c.save(node, store.Replica{ID: cartID(), State: []byte("state")})
	}
	stop := errors.New("stop")
	for what, pass := range map[string]func(stop func() error) error{
		"Effects": func(stop func() error) error {
			return c.store.Effects(c.t.Context(), func(store.Effect) error { return stop() })
		},
		"Replica": func(stop func() error) error {
			return c.store.Replica(c.t.Context(), cartID(), func([]byte) error { return stop() })
		},
		"Events": func(stop func() error) error {
			resume, err := c.store.Events(c.t.Context(), "cart", 0, 10, func(store.Entry) error { return stop() })
			if resume != 0 {
				c.t.Errorf("Events resumes at %d though it has passed on nothing in full", resume)
			}
			return err
		},
	} {
		calls := 0
		err := pass(func() error { calls++; return stop })
		if err != stop || calls != 1 { //nolint:errorlint // the contract is: unchanged
			c.t.Errorf("%s = %v after %d calls, want the error of the first", what, err, calls)
		}
	}
}
