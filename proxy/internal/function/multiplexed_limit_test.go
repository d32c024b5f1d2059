package function_test

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/multiplex"
)

// muxFunc serves multiplexed streams.
type muxFunc struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	serve func(multiplexv1.MultiplexService_HandleServer) error
}

func (f muxFunc) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	return f.serve(stream)
}

// serving runs a client that multiplexes, of a function that serves the streams so.
func serving(t *testing.T, serve func(multiplexv1.MultiplexService_HandleServer) error) (*functiontest.Function, *function.Client) {
	t.Helper()
	const multiplexed = discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: incarnated("a", multiplexed),
		Register: func(s *grpc.Server) { multiplexv1.RegisterMultiplexServiceServer(s, muxFunc{serve: serve}) },
	})
	o := newOwner()
	c := config(f.Target, o)
	c.Capabilities = []discoveryv1.Capability{multiplexed}
	c.Observer = uncounted{}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	o.awaitServing(t)
	return f, client
}

// MUX-LIMIT-002: eight multiplexed streams are open on a connection, and what they do not
// hold is served on a plain stream.
func TestMultiplexedStreamsAreFew(t *testing.T) {
	f, client := serving(t, func(stream multiplexv1.MultiplexService_HandleServer) error {
		for {
			if _, err := stream.Recv(); err != nil {
				return nil //nolint:nilerr // the end, however it came
			}
		}
	})
	for range 8 * multiplex.MaxHandles {
		if _, err := client.Open(t.Context(), eventSourced); err != nil {
			t.Fatal(err)
		}
	}
	add(t, open(t, client), "a", 1)
	multiplexed := 0
	for range len(f.Calls) {
		if <-f.Calls == multiplexv1.MultiplexService_Handle_FullMethodName {
			multiplexed++
		}
	}
	if multiplexed != 8 {
		t.Errorf("%d multiplexed streams were opened", multiplexed)
	}
}

// MUX-READ-002: the proxy reads frames while its own wait for a function that does not
// read, and while nobody takes what came for another entity.
func TestMultiplexedReads(t *testing.T) {
	said := &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{CommandId: 7}}}
	message, err := proto.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	speak := make(chan struct{})
	_, client := serving(t, func(stream multiplexv1.MultiplexService_HandleServer) error {
		for range 3 { // start, and open twice
			if _, err := stream.Recv(); err != nil {
				return err
			}
		}
		<-speak
		for _, handle := range []int64{1, 1, 2} {
			frame := &multiplexv1.HandleResponse{Handle: handle, Frame: &multiplexv1.HandleResponse_Message{Message: message}}
			if err := stream.Send(frame); err != nil {
				return err
			}
		}
		<-stream.Context().Done()
		return nil
	})
	first, second := openAs(t.Context(), t, client, "a"), openAs(t.Context(), t, client, "b")
	huge := &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
		Command: &entityv1.Command{Payload: &anypb.Any{Value: make([]byte, 3<<20)}},
	}}
	for _, stream := range []function.Stream{first, second} { // beyond every window of gRPC
		go func() { _ = stream.Send(huge) }() // ends with the stream at the latest
	}
	close(speak)
	if got, err := second.Recv(); err != nil || !proto.Equal(got, said) {
		t.Errorf("read %v, %v", got, err)
	}
}
