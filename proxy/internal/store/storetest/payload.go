package storetest

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

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
