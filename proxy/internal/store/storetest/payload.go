package storetest

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

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
		appends = append(appends, func() error { return c.store.Append(c.t.Context(), id, b) })
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
