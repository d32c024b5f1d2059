package function_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestPings covers DIA-CONN-003, row 16 of how existing libraries behave: a connection with
// a stream that rests for hours, with time under the test's control, is sent no ping that
// such a library would answer with GOAWAY, and neither is one on which much passes.
func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, port := bufconn.Listen(1<<20), bufconn.Listen(1<<20)
		cloudstate.Serve(t, server, cloudstate.Behaviour{})
		relay := cloudstate.RelayOn(t, port, server.DialContext)
		o := newOwner()
		c := config("memory:1", o)
		c.Dialects = []wire.Dialect{wire.V1(), wire.Cloudstate()}
		c.Owner = willing{o}
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return port.DialContext(ctx) }
		client, err := function.New(c)
		if err != nil {
			t.Fatal(err)
		}
		runClient(t, client)
		o.awaitServing(t)
		stream, err := client.Open(t.Context(), "cloudstate.eventsourced.EventSourced")
		if err != nil {
			t.Fatal(err)
		}
		send := func(request *eventsourcedv1.HandleRequest) {
			t.Helper()
			if err := stream.Send(request); err != nil {
				t.Fatal(err)
			}
		}
		send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
			ServiceName: cloudstate.Ledger, EntityId: "a",
		}}})
		large := &anypb.Any{TypeUrl: "type.googleapis.com/test.shop.Request", Value: cloudstate.Request("a", "reply "+string(make([]byte, 1<<20)))}
		for id := range int64(3) {
			send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: &entityv1.Command{
				EntityId: "a", Id: id + 1, Name: "Do", Payload: large,
			}}})
			if _, err := stream.Recv(); err != nil {
				t.Fatalf("command %d: %v", id+1, err)
			}
			time.Sleep(2 * time.Hour)
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("the stream ends with %v", err)
		}
		if n := len(relay.Connections()); n != 2 { // an attempt in version 1, and what lives
			t.Errorf("%d connections", n)
		}
		relay.Check(t)
	})
}
