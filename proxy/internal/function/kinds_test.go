package function_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// values and replicas answer each message of a stream with the reply of command 7.
type (
	values struct {
		valuev1.UnimplementedValueEntityServiceServer
	}
	replicas struct {
		replicatedv1.UnimplementedReplicatedEntityServiceServer
	}
)

func (values) Handle(stream valuev1.ValueEntityService_HandleServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return nil //nolint:nilerr // the end, however it came
		}
		answer := &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: &valuev1.ValueEntityReply{CommandId: 7}}}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

func (replicas) Handle(stream replicatedv1.ReplicatedEntityService_HandleServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return nil //nolint:nilerr // the end, however it came
		}
		answer := &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{CommandId: 7}}}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// TestKinds shows that the streams of the other kinds open, with the terms of their
// connection: the capabilities that both sides have (DISC-CAP-001, DISC-CAP-004), and
// what the function takes (CORE-LIMIT-008).
func TestKinds(t *testing.T) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.ServiceInfo.MaxMessageBytes = 5 << 20
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{0, 2, 2, 8, 99}
	f := functiontest.Start(t, loopback, functiontest.Script{
		Discover: func(context.Context, int) (*discoveryv1.DiscoverResponse, error) { return answer, nil },
		Register: func(s *grpc.Server) {
			valuev1.RegisterValueEntityServiceServer(s, values{})
			replicatedv1.RegisterReplicatedEntityServiceServer(s, replicas{})
		},
	})
	o := newOwner()
	c := config(f.Target, o)
	c.MaxMessage = 6 << 20
	c.Limits.MaxMetadataBytes = 77
	c.Capabilities = []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
	}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	o.awaitServing(t)
	if request := take(t, f.Requests); len(request.GetCapabilities()) != 2 {
		t.Errorf("announced %v", request.GetCapabilities())
	}
	for kind, send := range map[wire.Kind]proto.Message{
		wire.Value:      &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Init{Init: new(valuev1.Init)}},
		wire.Replicated: &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Init{Init: new(replicatedv1.Init)}},
	} {
		entity, _ := wire.V1().OfKind(kind)
		stream, err := client.Open(t.Context(), entity.Type)
		if err != nil {
			t.Fatal(err)
		}
		terms := stream.Terms()
		if !terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_CANCEL) || terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS) ||
			terms.MaxMessage != 5<<20 || terms.MaxMetadata != 77 || terms.Cloudstate {
			t.Errorf("terms %+v", terms)
		}
		if err := stream.Send(send); err != nil {
			t.Fatal(err)
		}
		message, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if name := message.ProtoReflect().Descriptor().FullName(); name.Name() != "HandleResponse" {
			t.Errorf("received %s", name)
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("a %v stream ended with %v", kind, err)
		}
	}
}

// echo answers each command with a response that has its payload; a streamed-in call
// with one that has the last command's.
type echo struct {
	actionv1.UnimplementedActionServiceServer
}

func response(command *actionv1.ActionCommand) *actionv1.ActionResponse {
	return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: command.GetPayload()}}}
}

func (echo) HandleUnary(_ context.Context, command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	switch command.GetName() {
	case "Refuse":
		return nil, status.Error(codes.ResourceExhausted, "not today")
	case "Flood":
		command.Payload = packed(3 * function.Defaults().MaxMessage)
	case "Overflow":
		command.Payload = packed(function.Defaults().MaxMessage)
	}
	return response(command), nil
}

func (echo) HandleStreamedOut(command *actionv1.ActionCommand, stream actionv1.ActionService_HandleStreamedOutServer) error {
	for range 3 {
		if err := stream.Send(response(command)); err != nil {
			return err
		}
	}
	return nil
}

func (echo) HandleStreamedIn(stream actionv1.ActionService_HandleStreamedInServer) error {
	var last *actionv1.ActionCommand
	for {
		command, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(response(last))
		} else if err != nil {
			return err
		}
		last = command
	}
}

func (echo) HandleStreamed(stream actionv1.ActionService_HandleStreamedServer) error {
	for {
		command, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.Send(response(command)); err != nil {
			return err
		}
	}
}

// packed is a payload of so many bytes.
func packed(size int) *anypb.Any { return &anypb.Any{Value: make([]byte, size)} }

// acting runs a client of a function that serves echo.
func acting(t *testing.T) (*functiontest.Function, *function.Client) {
	t.Helper()
	f := functiontest.Start(t, loopback, functiontest.Script{
		Register: func(s *grpc.Server) { actionv1.RegisterActionServiceServer(s, echo{}) },
	})
	client, o := run(t, f.Target)
	o.awaitServing(t)
	return f, client
}

// TestCalls covers ACT-CALL-001 and ACT-OPEN-002: one call in the shape of the method,
// half-closed with its one command where it has one.
func TestCalls(t *testing.T) {
	_, client := acting(t)
	for shape, want := range map[wire.Shape]struct{ sent, responses int }{
		wire.Unary:       {1, 1},
		wire.StreamedIn:  {3, 1},
		wire.StreamedOut: {1, 3},
		wire.Streamed:    {3, 3},
	} {
		call, err := client.Call(t.Context(), shape)
		if err != nil {
			t.Fatal(err)
		}
		for range want.sent {
			if err := call.Send(&actionv1.ActionCommand{Payload: packed(1)}); err != nil {
				t.Fatal(err)
			}
		}
		if shape.Requests() {
			if err := call.CloseSend(); err != nil {
				t.Fatal(err)
			}
		}
		for range want.responses {
			if response, err := call.Recv(); err != nil || len(response.GetReply().GetPayload().GetValue()) != 1 {
				t.Errorf("%v: response %v, %v", shape, response, err)
			}
		}
		if _, err := call.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("%v: ended with %v", shape, err)
		}
	}
}

// TestCallEnds covers ACT-END-004, ACT-END-008 and ACT-LIMIT-002: what is the
// function's own status, and what is not.
func TestCallEnds(t *testing.T) {
	f, client := acting(t)
	ended := func(command string) error {
		call, err := client.Call(t.Context(), wire.Unary)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Send(&actionv1.ActionCommand{Name: command}); err != nil {
			t.Fatal(err)
		}
		_, err = call.Recv()
		return err
	}
	if err := ended("Refuse"); status.Code(err) != codes.ResourceExhausted || status.Convert(err).Message() != "not today" {
		t.Errorf("a status of the function: %v", err)
	}
	for _, command := range []string{"Flood", "Overflow"} {
		if err, ok := errors.AsType[*fault.Error](ended(command)); !ok || err.Kind != fault.Exhausted {
			t.Errorf("%s: %v", command, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	canceled, err := client.Call(ctx, wire.Streamed)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := canceled.Recv(); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a canceled call: %v", err)
	}
	lost, err := client.Call(t.Context(), wire.Streamed)
	if err != nil {
		t.Fatal(err)
	}
	f.Stop()
	if _, err := lost.Recv(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a lost call: %v", err)
	}
}
