package durable_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
)

func entry(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

// bodies makes bodies that a reply could have led to.
func bodies() *rapid.Generator[durable.Body] {
	return rapid.Custom(func(t *rapid.T) durable.Body {
		text := rapid.StringN(1, 8, -1)
		effect := &entityv1.SideEffect{
			ServiceName: text.Draw(t, "service"), CommandName: text.Draw(t, "method"),
			Payload:  &anypb.Any{TypeUrl: "t/Text", Value: rapid.SliceOf(rapid.Byte()).Draw(t, "payload")},
			Metadata: &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("colour", text.Draw(t, "colour"))}},
		}
		var trace []*entityv1.MetadataEntry
		if rapid.Bool().Draw(t, "traced") {
			trace = []*entityv1.MetadataEntry{entry("traceparent", text.Draw(t, "trace"))}
		}
		var principal []*entityv1.MetadataEntry
		if rapid.Bool().Draw(t, "known") {
			principal = []*entityv1.MetadataEntry{entry("stateward-principal", text.Draw(t, "principal"))}
		}
		source := entity.ID{Service: text.Draw(t, "source"), Entity: text.Draw(t, "entity")}
		return durable.NewBody(source, text.Draw(t, "key"), trace, principal, rapid.IntRange(0, 8).Draw(t, "depth"), effect, text.Draw(t, "id"))
	})
}

// What the store keeps is what is read back.
func TestBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := bodies().Draw(t, "body")
		read, err := durable.DecodeBody(body.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(body, read, protocmp.Transform()); diff != "" {
			t.Errorf("(-written +read)\n%s", diff)
		}
	})
}

// FX-DUR-005: a key of the effect's own stays, one that only repeats its command's gives
// way to one that nothing else has.
func TestBodyKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		own, command, want string
	}{
		{"", "", "stateward-effect-7"}, {"", "k", "stateward-effect-7"}, {"k", "k", "stateward-effect-7"}, {"l", "k", ""}, {"l", "", ""},
	} {
		effect := &entityv1.SideEffect{}
		if test.own != "" {
			effect.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("Idempotency-Key", test.own)}}
		}
		body := durable.NewBody(entity.ID{}, test.command, nil, nil, 0, effect, "7")
		if body.Key != test.want || (len(body.Errand.GetMetadata().GetEntries()) == 1) != (test.want == "") {
			t.Errorf("%+v: %+v", test, body)
		}
	}
}

// Whatever bytes the store gives, they are read or refused; what is read is written as
// it came to mean.
func FuzzDecodeBody(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{2})
	f.Add(durable.Body{
		Source: entity.ID{Service: "shop.Cart", Entity: "7"}, Errand: &entityv1.Forward{ServiceName: "shop.Mail"},
		Trace: []*entityv1.MetadataEntry{entry("traceparent", "00")}, Key: "k", Depth: math.MaxInt32,
	}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := durable.DecodeBody(data)
		if err != nil {
			return
		}
		again, err := durable.DecodeBody(body.Encode())
		if err != nil || !bytes.Equal(again.Encode(), body.Encode()) {
			t.Errorf("%x is read as %+v, and again as %+v, %v", data, body, again, err)
		}
	})
}
