package eventsourced

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []*eventsourcedv1.HandleResponse{
		{},
		replied(1, "A"),
		{Message: &eventsourcedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: 2, Description: "no\nline", Restart: true}}},
		{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
			Events:      []*anypb.Any{{TypeUrl: "no\nslash"}, {TypeUrl: "a/b\nc", Value: []byte{1}}},
			Snapshot:    peer.Pack(&tckeventsourcedv1.Persisted{Value: strings.Repeat("ä", 1000)}),
			SideEffects: []*entityv1.SideEffect{{ServiceName: "a\nb", CommandName: "", Synchronous: true}},
		}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var response eventsourcedv1.HandleResponse
		if proto.Unmarshal(raw, &response) != nil {
			return
		}
		got := readAnswer(&response)
		if !got.equal(readAnswer(proto.CloneOf(&response))) {
			t.Error("an answer differs from itself")
		}
		if line := got.String(); line == "" || strings.ContainsAny(line, "\n\r") {
			t.Errorf("not one line: %q", line)
		}
	})
}
