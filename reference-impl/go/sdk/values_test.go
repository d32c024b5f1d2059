package sdk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func TestPackIsStable(t *testing.T) {
	t.Parallel()
	message, err := structpb.NewStruct(map[string]any{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})
	if err != nil {
		t.Fatal(err)
	}
	first, err := sdk.Pack(message)
	if err != nil || first.GetTypeUrl() != "type.googleapis.com/google.protobuf.Struct" {
		t.Fatal(first, err)
	}
	for range 50 {
		if again, err := sdk.Pack(message); err != nil || !slices.Equal(first.GetValue(), again.GetValue()) {
			t.Fatalf("packed differently: %v, %v", again, err)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	if payload, err := sdk.Pack(nil); err == nil {
		t.Errorf("nothing packed as %v", payload)
	}
	if payload, err := sdk.Pack((*durationpb.Duration)(nil)); err == nil {
		t.Errorf("a nil pointer packed as %v", payload)
	}
	if payload, err := sdk.Pack(wrapperspb.String("\xff")); err == nil {
		t.Errorf("text that is not UTF-8 packed as %v", payload)
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	const name = "google.protobuf.StringValue"
	value := []byte{0x0a, 1, 'x'}
	for about, c := range map[string]struct {
		payload *anypb.Any
		want    string // of the error; "" is success
	}{
		"its own host":     {&anypb.Any{TypeUrl: "type.googleapis.com/" + name, Value: value}, ""},
		"another host":     {&anypb.Any{TypeUrl: "example.org/a/b/" + name, Value: value}, ""},
		"no payload":       {nil, "no payload"},
		"no type":          {&anypb.Any{Value: value}, `type ""`},
		"another type":     {&anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.BytesValue", Value: value}, "BytesValue"},
		"a longer name":    {&anypb.Any{TypeUrl: "type.googleapis.com/x." + name, Value: value}, "x.google"},
		"a scalar's host":  {&anypb.Any{TypeUrl: "p.cloudstate.io/" + name, Value: value}, `"p.cloudstate.io/`}, // CORE-PAYLOAD-003
		"JSON's host":      {&anypb.Any{TypeUrl: "json.cloudstate.io/" + name, Value: value}, `"json.cloudstate.io/`},
		"bytes of no such": {&anypb.Any{TypeUrl: "type.googleapis.com/" + name, Value: value[:2]}, "not a " + name},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			got, err := sdk.Unpack[*wrapperspb.StringValue](c.payload)
			switch {
			case c.want == "" && (err != nil || got.GetValue() != "x"):
				t.Errorf("%v, %v", got, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

func TestMetadataIsFound(t *testing.T) {
	t.Parallel()
	metadata := sdk.Metadata{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "a", Value: "3"}}
	if got := metadata.Values("A"); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("values of A: %q", got)
	}
	if metadata.Get("a") != "1" || metadata.Get("c") != "" || sdk.Metadata(nil).Values("a") != nil {
		t.Errorf("get: %q, %q, %q", metadata.Get("a"), metadata.Get("c"), sdk.Metadata(nil).Values("a"))
	}
}

// A Context used outside of any kind answers as every kind does.
func TestContextAnswers(t *testing.T) {
	t.Parallel()
	c := sdk.NewContext(context.Background(), &entityv1.Command{EntityId: "e", Name: "Call"})
	c.SetReplyMetadata(sdk.Metadata{{Key: "x-bin", Value: "\x00"}})
	got, err := c.Answer(wrapperspb.String("a"))
	if err != nil || len(got.GetReply().GetMetadata().GetEntries()) != 1 {
		t.Errorf("a reply: %v, %v", got, err)
	}
	c.Forward(sdk.Call{Service: "first", Method: "m", Request: wrapperspb.String("b")})
	c.Forward(sdk.Call{Service: "last", Method: "m", Request: wrapperspb.String("b"), Metadata: sdk.Metadata{{Key: "k", Value: "v"}}})
	got, err = c.Answer(nil)
	want := &entityv1.Forward{
		ServiceName: "last", CommandName: "m", Payload: &anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.StringValue", Value: []byte{0x0a, 1, 'b'}},
		Metadata: &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{Key: "k", Value: &entityv1.MetadataEntry_StringValue{StringValue: "v"}}}},
	}
	if diff := cmp.Diff(want, got.GetForward(), protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("a forward: %v (-want +got):\n%s", err, diff)
	}
}

func TestMetadataThatCannotTravel(t *testing.T) {
	t.Parallel()
	for about, pair := range map[string]sdk.Pair{
		"no key":         {Value: "x"},
		"upper case":     {Key: "Key", Value: "x"},
		"a space":        {Key: "a key", Value: "x"},
		"a pseudo":       {Key: ":path", Value: "x"},
		"bytes as text":  {Key: "key", Value: "\xff"},
		"not even ASCII": {Key: "ключ", Value: "x"},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", pair)
				}
			}()
			sdk.NewContext(context.Background(), nil).SetReplyMetadata(sdk.Metadata{pair})
		})
	}
}
