package replicated

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// FuzzStream speaks any sequence of messages, each with its length before it.
// Whatever comes: nothing panics, a command and the end of a call get exactly one
// answer, news come behind it, and anything else gets news or ends the stream by
// a failure (REP-TURN-001, REP-STREAM-001, REP-CANCEL-011).
func FuzzStream(f *testing.F) {
	start := sdktest.ReplicatedInit(presence, "e", nil)
	set := crdt.NewORSet(crdt.String())
	set.Add("anna")
	anna := sdktest.ReplicatedDelta(set.Delta())
	cancel := sdktest.StreamCancelled("e", 1)
	for _, seed := range [][]*sdktest.ReplicatedRequest{
		{},
		{{}},
		{start, join(1, "ben"), anna, join(2, "cleo"), join(3, "fail"), cancel, join(4, "anna")},
		{sdktest.ReplicatedInit(presence, "e", set.Delta()), join(1, "end"), anna, join(2, "x"), cancel},
		{start, start},
		{start, sdktest.ReplicatedDelta(crdt.NewFlag().Delta())},
		{start, sdktest.ReplicatedDelete(), join(1, "x"), anna},
		{start, sdktest.ReplicatedCommand("e", 1, "CloseRoom", &presencev1.CloseRoomRequest{}), join(2, "x"), cancel},
		{sdktest.ReplicatedInit("nobody", "e", nil)},
		{start, sdktest.ReplicatedCommand("f", 1, "GetPeople", nil)},
	} {
		f.Add(frames(f, seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, log := converse(t, newRoom(fuzzed))
		c.entity, c.entityID = nil, ""
		for len(data) > 0 {
			frame, n := protowire.ConsumeBytes(data)
			request := &replicatedv1.HandleRequest{}
			if n < 0 || proto.Unmarshal(frame, request) != nil {
				return // grpc ends such a stream itself
			}
			data = data[n:]
			answers, more := c.step(request)
			judge(t, request, answers, more)
			if strings.Contains(log.String(), "panic") {
				t.Fatalf("%v: %s", request, log)
			}
			if !more {
				return
			}
		}
	})
}

// judge checks what must hold of the answers to any message.
func judge(t *testing.T, request *sdktest.ReplicatedRequest, answers []*sdktest.ReplicatedResponse, more bool) {
	t.Helper()
	for i, answer := range answers {
		if _, err := proto.Marshal(answer); err != nil {
			t.Fatalf("%v cannot be sent: %v", answer, err)
		}
		switch {
		case answer.GetFailure() != nil:
			if more || len(answers) != 1 || (answer.GetFailure().GetCommandId() != 0 && answer.GetFailure().GetCommandId() != request.GetCommand().GetId()) {
				t.Fatalf("goes on: %v, after %v", more, answers)
			}
		case answer.GetStreamedMessage() != nil:
			if i == 0 && request.GetDelta() == nil {
				t.Fatalf("%v is answered by news first: %v", request, answers)
			}
		case i != 0 || (answer.GetReply() != nil) != (request.GetCommand() != nil):
			t.Fatalf("%v is answered by %v", request, answers)
		case answer.GetReply().GetCommandId() != request.GetCommand().GetId():
			t.Fatalf("command %v is answered by %v", request, answers)
		case answer.GetStreamCancelledResponse().GetCommandId() != request.GetStreamCancelled().GetId():
			t.Fatalf("%v is answered by %v", request, answers)
		}
	}
	if owed := request.GetCommand() != nil || request.GetStreamCancelled() != nil; (owed || !more && request.GetPassivate() == nil) && len(answers) == 0 {
		t.Fatalf("nothing answers %v", request)
	}
}

// fuzzed enters, and fails or ends its call where the name says so.
func fuzzed(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
	value.Add(request.GetPerson())
	if request.GetPerson() == "fail" {
		return nil, nil, sdk.Errorf(codes.InvalidArgument, "asked to fail")
	}
	return &presencev1.JoinResponse{}, &Watch[joined]{
		Changed: func(news *News) (joined, error) {
			if request.GetPerson() == "end" {
				news.End()
			}
			return &presencev1.JoinResponse{}, nil
		},
		Cancelled: func(*Context) error { value.Delete(request.GetPerson()); return nil },
	}, nil
}

// frames writes each message with its length before it.
func frames(f *testing.F, messages []*sdktest.ReplicatedRequest) []byte {
	f.Helper()
	var data []byte
	for _, message := range messages {
		bytes, err := proto.Marshal(message)
		if err != nil {
			f.Fatal(err)
		}
		data = protowire.AppendBytes(data, bytes)
	}
	return data
}
