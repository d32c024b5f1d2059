package main

import (
	"slices"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	service = "stateward.samples.presence.v1.PresenceService"
	lobby   = "lobby"
)

// open begins the stream of a room in which nobody has been.
func open(t *testing.T) *sdktest.ReplicatedStream {
	t.Helper()
	proxy := sdktest.Start(t, sdk.Config{Name: "presence", Version: "1", Entities: []sdk.Entity{presenceEntity()}})
	return proxy.OpenReplicated(sdktest.ReplicatedInit(service, lobby, nil))
}

func joins(command int64, person string) *sdktest.ReplicatedRequest {
	return sdktest.StreamedCommand(lobby, command, "Join", &presencev1.JoinRequest{RoomId: lobby, Person: person})
}

// hears checks that the next message tells the call of this command who is there.
func hears(t *testing.T, stream *sdktest.ReplicatedStream, command int64, people ...string) {
	t.Helper()
	message := stream.Receive()
	id, action := message.GetStreamedMessage().GetCommandId(), message.GetStreamedMessage().GetClientAction()
	if reply := message.GetReply(); reply != nil {
		id, action = reply.GetCommandId(), reply.GetClientAction()
	}
	got := &presencev1.JoinResponse{}
	if err := action.GetReply().GetPayload().UnmarshalTo(got); err != nil || id != command {
		t.Fatalf("%v: %v", err, message)
	}
	if !slices.Equal(people, got.GetPeople()) {
		t.Errorf("call %d hears of %q, not %q", command, got.GetPeople(), people)
	}
}

// elsewhere is the change that entering makes on another proxy.
func elsewhere(t *testing.T, person string) *replicatedv1.Delta {
	t.Helper()
	room := Room{newCalls(lobby)}
	if err := room.Enter(person); err != nil {
		t.Fatal(err)
	}
	return room.calls.Delta()
}

// Everybody hears of everybody, here and elsewhere, and of each once.
func TestPresence(t *testing.T) {
	t.Parallel()
	stream := open(t)
	stream.Send(joins(1, "anna"))
	hears(t, stream, 1, "anna")
	stream.Send(joins(2, "ben"))
	hears(t, stream, 2, "anna", "ben")
	hears(t, stream, 1, "anna", "ben")
	stream.Send(joins(3, "ben"))
	hears(t, stream, 3, "anna", "ben") // and nobody else: it is nothing new to them
	stream.Send(sdktest.ReplicatedDelta(elsewhere(t, "cleo")))
	for _, call := range []int64{1, 2, 3} {
		hears(t, stream, call, "anna", "ben", "cleo")
	}

	if left := stream.Ask(sdktest.StreamCancelled(lobby, 2)).GetStreamCancelledResponse(); left.GetStateAction().GetUpdate() == nil {
		t.Errorf("one of ben's calls ends: %v", left)
	}
	left := stream.Ask(sdktest.StreamCancelled(lobby, 3)).GetStreamCancelledResponse()
	if removed := left.GetStateAction().GetUpdate().GetOrmap().GetRemoved(); len(removed) != 1 {
		t.Errorf("the last of ben's calls ends: %v", left)
	}
	hears(t, stream, 1, "anna", "cleo")
	stream.Passivate()
}

// To read changes nothing, and to close ends the room.
func TestReadAndClose(t *testing.T) {
	t.Parallel()
	stream := open(t)
	stream.Send(joins(1, "anna"))
	hears(t, stream, 1, "anna")
	got := &presencev1.GetPeopleResponse{}
	reply := ask(stream, 2, "GetPeople", &presencev1.GetPeopleRequest{RoomId: lobby})
	if err := reply.GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil || !slices.Equal(got.GetPeople(), []string{"anna"}) {
		t.Errorf("%v, %v", got, err)
	}
	if reply.GetStateAction() != nil {
		t.Errorf("to read has changed %v", reply.GetStateAction())
	}
	action := ask(stream, 3, "CloseRoom", &presencev1.CloseRoomRequest{RoomId: lobby}).GetStateAction()
	if action.GetDelete() == nil || action.GetWriteConsistency() != replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY {
		t.Errorf("closed by %v", action)
	}
	stream.Passivate()
}

func TestNobodyEnters(t *testing.T) {
	t.Parallel()
	reply := open(t).Ask(joins(1, "")).GetReply()
	if failure := reply.GetClientAction().GetFailure(); codes.Code(failure.GetCode()) != codes.InvalidArgument || reply.GetStreamed() {
		t.Errorf("%v", reply)
	}
}

func ask(stream *sdktest.ReplicatedStream, command int64, name string, request proto.Message) *replicatedv1.ReplicatedReply {
	return stream.Ask(sdktest.ReplicatedCommand(lobby, command, name, request)).GetReply()
}
