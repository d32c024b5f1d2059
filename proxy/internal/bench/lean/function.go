package lean

import (
	"context"
	"errors"
	"io"
	"math"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

// function answers every command at once and remembers nothing.
type function struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	capabilities []discoveryv1.Capability
	replies      replies
}

// replies are what it answers with.
type replies struct {
	payload *anypb.Any                        // of an event, or a value
	actions map[string]*entityv1.ClientAction // replies, by the names of the methods
}

func newReplies() (replies, error) {
	r := replies{actions: map[string]*entityv1.ClientAction{}}
	for _, method := range []string{"Get", "Add"} {
		payload, err := anypb.New(descriptortest.NewMessages().Total(method+"Response", 42))
		if err != nil {
			return r, err
		}
		r.payload = payload
		r.actions[method] = &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: payload}}}
	}
	return r, nil
}

// NewFunction returns a server of the lean function, which multiplexes where it is told
// so. The caller serves and stops it.
func NewFunction(multiplexed bool) (*grpc.Server, error) {
	r, err := newReplies()
	if err != nil {
		return nil, err
	}
	f := &function{replies: r}
	server := grpc.NewServer(grpc.MaxConcurrentStreams(math.MaxUint32))
	if multiplexed {
		f.capabilities = append(f.capabilities, discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM)
		multiplexv1.RegisterMultiplexServiceServer(server, handles{replies: f.replies})
	}
	discoveryv1.RegisterDiscoveryServiceServer(server, f)
	eventsourcedv1.RegisterEventSourcedServiceServer(server, eventSourced{replies: f.replies})
	valuev1.RegisterValueEntityServiceServer(server, value{replies: f.replies})
	replicatedv1.RegisterReplicatedEntityServiceServer(server, replicated{replies: f.replies})
	actionv1.RegisterActionServiceServer(server, action{replies: f.replies})
	return server, nil
}

func (f *function) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	return answer(f.capabilities...), nil
}

// answerAll answers what comes on a stream until it ends; an answer of nil is none.
func answerAll[Request, Response any](stream grpc.BidiStreamingServer[Request, Response], answer func(*Request) *Response) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if response := answer(request); response != nil {
			if err := stream.Send(response); err != nil {
				return err
			}
		}
	}
}

type eventSourced struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer
	replies
}

func (f eventSourced) Handle(stream eventsourcedv1.EventSourcedService_HandleServer) error {
	return answerAll(stream, f.eventSourced)
}

func (r replies) eventSourced(request *eventsourcedv1.HandleRequest) *eventsourcedv1.HandleResponse {
	command := request.GetCommand()
	if command == nil {
		return nil
	}
	reply := &eventsourcedv1.EventSourcedReply{CommandId: command.GetId(), ClientAction: r.actions[command.GetName()]}
	if changes(command) {
		for range max(amount(command), 1) {
			reply.Events = append(reply.Events, r.payload)
		}
	}
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
}

type value struct {
	valuev1.UnimplementedValueEntityServiceServer
	replies
}

func (f value) Handle(stream valuev1.ValueEntityService_HandleServer) error {
	return answerAll(stream, f.value)
}

func (r replies) value(request *valuev1.HandleRequest) *valuev1.HandleResponse {
	command := request.GetCommand()
	if command == nil {
		return nil
	}
	reply := &valuev1.ValueEntityReply{CommandId: command.GetId(), ClientAction: r.actions[command.GetName()]}
	if changes(command) {
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: r.payload}}}
	}
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
}

type replicated struct {
	replicatedv1.UnimplementedReplicatedEntityServiceServer
	replies
}

func (f replicated) Handle(stream replicatedv1.ReplicatedEntityService_HandleServer) error {
	return answerAll(stream, f.replicated)
}

func (r replies) replicated(request *replicatedv1.HandleRequest) *replicatedv1.HandleResponse {
	command := request.GetCommand()
	if command == nil {
		return nil
	}
	reply := &replicatedv1.ReplicatedReply{CommandId: command.GetId(), ClientAction: r.actions[command.GetName()]}
	if changes(command) {
		reply.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
			Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: 1}},
		}}}
	}
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}
}

type action struct {
	actionv1.UnimplementedActionServiceServer
	replies
}

func (f action) HandleUnary(_ context.Context, command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	return &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Reply{Reply: f.actions[command.GetName()].GetReply()}}, nil
}

// changes reports whether the command changes its counter.
func changes(command *entityv1.Command) bool { return command.GetName() == "Add" }

// amount is the second field of AddRequest.
func amount(command *entityv1.Command) int64 {
	for data := command.GetPayload().GetValue(); len(data) > 0; {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 {
			return 0
		}
		if number == 2 && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(data[1:])
			return int64(value)
		}
		data = data[n:]
	}
	return 0
}
