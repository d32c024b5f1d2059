package replicated

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

func FuzzReadAnswer(f *testing.F) {
	odd := &anypb.Any{TypeUrl: "no\nslash", Value: []byte{0xff, '\n'}}
	for _, seed := range []*response{
		{},
		{Message: &replicatedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: 2, Description: "no\nline", Restart: true}}},
		{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
			CommandId: 1, Streamed: true,
			ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{
				Payload: peer.Pack(&tckreplicatedv1.ProcessResponse{State: value.orset("a\nb")}),
			}}},
			StateAction: &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{
				Update: delta.ormap(cleared(), removedAs(odd), changedAs(odd, delta.votes(true, 1, 2)), createdAs(nil, nil)),
			}},
			SideEffects: []*entityv1.SideEffect{{ServiceName: "a\nb", Synchronous: true}},
		}}},
		{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: &replicatedv1.StreamedMessage{EndStream: true}}},
		{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: &replicatedv1.StreamCancelledResponse{
			StateAction: &replicatedv1.StateAction{WriteConsistency: 17},
		}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var out response
		if proto.Unmarshal(raw, &out) != nil {
			return
		}
		got := readAnswer(&out)
		if !got.equal(readAnswer(proto.CloneOf(&out))) {
			t.Error("an answer differs from itself")
		}
		if line := got.String(); line == "" || strings.ContainsAny(line, "\n\r") {
			t.Errorf("not one line: %q", line)
		}
	})
}
