package answer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/answer"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// answers are what the machines have recorded.
func answers() map[string]entity.Outcome {
	payload := &anypb.Any{TypeUrl: "t/Text", Value: []byte("tea")}
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
		Key: "note", Value: &entityv1.MetadataEntry_StringValue{StringValue: "hot"},
	}}}
	return map[string]entity.Outcome{
		"reply":     {Reply: &entityv1.Reply{Payload: payload, Metadata: metadata}},
		"no bytes":  {Reply: &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "t/Text"}}},
		"forward":   {Forward: &entityv1.Forward{ServiceName: "shop.Stock", CommandName: "Take", Payload: payload, Metadata: metadata}},
		"empty one": {Forward: &entityv1.Forward{}},
		"failure":   {Err: &entity.Failure{Code: codes.FailedPrecondition, Description: "sold out", Details: []*anypb.Any{payload}}},
		"bare one":  {Err: &entity.Failure{Code: codes.Canceled}},
		"nothing":   {Err: fault.Nothing("the command was carried out before; the function's reply held nothing for the caller")},
	}
}

// IDEM-REPEAT-002: an answer is read as it was recorded, its metadata, code, text and
// details included. IDEM-RECORD-007: so is that there was none.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for name, want := range answers() {
		got := answer.Decode(answer.Encode(want))
		if diff := cmp.Diff(want, got, protocmp.Transform(), cmp.Comparer(alike)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// alike compares errors as callers see them.
func alike(a, b error) bool {
	return fault.KindOf(a) == fault.KindOf(b) && proto.Equal(status.Convert(a).Proto(), status.Convert(b).Proto())
}

// FuzzAnswer reads whatever a store may hold: exactly one answer comes of it, and one that
// was read can be recorded again.
func FuzzAnswer(f *testing.F) {
	for _, outcome := range answers() {
		f.Add(answer.Encode(outcome))
	}
	f.Add([]byte{0xff, 0x01})
	f.Fuzz(func(t *testing.T, stored []byte) {
		outcome := answer.Decode(stored)
		ways := 0
		for _, set := range []bool{outcome.Reply != nil, outcome.Forward != nil, outcome.Err != nil} {
			if set {
				ways++
			}
		}
		if ways != 1 || outcome.SideEffects != nil {
			t.Fatalf("%+v", outcome)
		}
		again := answer.Decode(answer.Encode(outcome))
		damaged := outcome.Err != nil && fault.KindOf(outcome.Err) == fault.Internal
		if !damaged && !cmp.Equal(outcome, again, protocmp.Transform(), cmp.Comparer(alike)) {
			t.Fatalf("%+v, and recorded again %+v", outcome, again)
		}
	})
}
