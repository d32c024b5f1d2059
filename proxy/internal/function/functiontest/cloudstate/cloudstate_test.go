package cloudstate

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// proxyInfo is what a right proxy says of itself.
func proxyInfo() *discoveryv1.DiscoverRequest {
	return &discoveryv1.DiscoverRequest{
		ProtocolMinorVersion: 2, ProxyName: "proxy", ProxyVersion: "1",
		SupportedEntityTypes: []string{typeOf(Crdt), typeOf(ActionUnary), typeOf(EventSourced), typeOf(ValueEntity)},
	}
}

// commandOf is one command of an entity.
func commandOf(entity string, id int64, text string) *entityv1.Command {
	return &entityv1.Command{EntityId: entity, Id: id, Name: "Do", Payload: payload("test.shop.Request", Request(entity, text))}
}

func eventSourcedInit(entity string) proto.Message {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{ServiceName: Ledger, EntityId: entity}}}
}

func eventSourcedCommand(entity string, id int64, text string) proto.Message {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: commandOf(entity, id, text)}}
}

func valueInit(state *valuev1.State) proto.Message {
	return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Init{Init: &valuev1.Init{ServiceName: Profile, EntityId: "a", State: state}}}
}

func crdtCommand(id int64, streamed bool) proto.Message {
	command := commandOf("a", id, "")
	command.Streamed = streamed
	return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Command{Command: command}}
}

// TestRelay lets a small proxy of the test's own speak to the function through the
// relay: everything stands in the record, and an observer has nothing to say.
func TestRelay(t *testing.T) {
	t.Parallel()
	f := Start(t, Behaviour{})
	relay := NewRelay(t, f.Target)
	conn, err := grpc.NewClient("passthrough:///"+relay.Target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(1<<20), grpc.WithStaticConnWindowSize(1<<20)) // so that gRPC sends no pings
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer := new(discoveryv1.DiscoverResponse)
	if err := conn.Invoke(ctx, v1Discover, proxyInfo(), answer); status.Code(err) != codes.Unimplemented {
		t.Fatal(err)
	}
	if err := conn.Invoke(ctx, Discover, proxyInfo(), answer); err != nil || len(answer.GetEntities()) != 5 {
		t.Fatal(answer, err)
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, EventSourced)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []proto.Message{eventSourcedInit("a"), eventSourcedCommand("a", 1, "emit x; emit y; snapshot")} {
		if err := stream.SendMsg(message); err != nil {
			t.Fatal(err)
		}
	}
	response := new(eventsourcedv1.HandleResponse)
	if err := stream.RecvMsg(response); err != nil {
		t.Fatal(err)
	}
	reply := response.GetReply()
	if text := Text(reply.GetClientAction().GetReply().GetPayload().GetValue(), 1); text != "x y" || len(reply.GetEvents()) != 2 || reply.GetSnapshot() == nil {
		t.Errorf("the reply is %v", response)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(response); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := conn.Invoke(ctx, ReportError, &discoveryv1.ReportErrorRequest{Message: "m"}, new(discoveryv1.ReportErrorResponse)); err != nil {
		t.Fatal(err)
	}
	calls := relay.Await(t, "four calls end", func(calls []Call) bool {
		return len(calls) == 4 && calls[2].End().What == Status && calls[3].End().What == Status
	})
	if faults := Faults(calls, relay.Connections()); len(faults) > 0 {
		t.Error(faults)
	}
	if !slices.Equal(f.Reports(), []string{"m"}) {
		t.Error(f.Reports())
	}
	if half, _ := calls[2].Find(HalfClose); !half.Alone || len(calls[2].Sent()) != 2 || len(calls[2].Answered()) != 1 {
		t.Errorf("the stream is %v", calls[2])
	}
	if half, _ := calls[1].Find(HalfClose); half.Alone {
		t.Errorf("the call is %v", calls[1])
	}
}

// A function that drops a connection on which it is called by a strange path.
func TestDrops(t *testing.T) {
	t.Parallel()
	f := Start(t, Behaviour{Drops: true})
	relay := NewRelay(t, f.Target)
	c := Dial(t, relay.Target)
	if _, err := c.Call(v1Discover, nil); status.Code(err) != codes.Unavailable {
		t.Errorf("a call that is not known gets %v", err)
	}
	calls := relay.Await(t, "the call is lost", func(calls []Call) bool { return len(calls) > 0 && calls[0].End().What != 0 })
	if calls[0].End().What != Lost {
		t.Errorf("the call is %v", calls[0])
	}
}
