package app

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// The services of a quartet, one of each kind.
const (
	journals = "test.counter.v1.Journal"
	notes    = "test.counter.v1.Note"
	boards   = "test.counter.v1.Board"
	desks    = "test.counter.v1.Desk"
)

// quartet is a function that serves a counter of each kind. What one does follows from the
// entity's key: "forward …" lets a note answer, "effects …" starts a side effect of a desk
// and a synchronous one of a note, "durable …" a durable one of a desk, "fail …" refuses,
// "wrong …" answers with nothing, or a journal another command, and anything else answers. Add changes what there is, and a
// journal's is snapshot each time; Watch streams two responses.
type quartet struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	actionv1.UnimplementedActionServiceServer
	valuev1.UnimplementedValueEntityServiceServer

	mu sync.Mutex
	// parents are the traceparents of the commands, by "Service/Method key".
	parents map[string]string
}

// startQuartet starts one on loopback and returns where it listens.
func startQuartet(tb testing.TB) (*quartet, string) {
	tb.Helper()
	q := &quartet{parents: map[string]string{}}
	return q, listenFor(tb, func(server *grpc.Server) {
		discoveryv1.RegisterDiscoveryServiceServer(server, q)
		actionv1.RegisterActionServiceServer(server, q)
		eventsourcedv1.RegisterEventSourcedServiceServer(server, eventSourcedStage{play: q.journal})
		valuev1.RegisterValueEntityServiceServer(server, valueStage{play: q.note})
		replicatedv1.RegisterReplicatedEntityServiceServer(server, replicatedStage{play: q.board})
	})
}

func (*quartet) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	files := descriptortest.Files()
	file := files.GetFile()[2]
	template := file.GetService()[0]
	file.Service, file.SourceCodeInfo = nil, nil
	answer := descriptortest.Answer(files)
	answer.Entities = nil
	for _, s := range []struct {
		name string
		kind wire.Kind
	}{{journals, wire.EventSourced}, {notes, wire.Value}, {boards, wire.Replicated}, {desks, wire.Action}} {
		service := proto.CloneOf(template)
		service.Name = new(strings.TrimPrefix(s.name, "test.counter.v1."))
		if s.kind == wire.Replicated || s.kind == wire.Action {
			service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
				Name: new("Watch"), InputType: new(".test.counter.v1.GetRequest"), OutputType: new(".test.counter.v1.GetResponse"), ServerStreaming: new(true),
			})
		}
		file.Service = append(file.Service, service)
		named, _ := wire.V1().OfKind(s.kind)
		entity := &discoveryv1.Entity{EntityType: named.Type, ServiceName: s.name}
		if s.kind != wire.Action {
			entity.PersistenceId = s.name
		}
		answer.Entities = append(answer.Entities, entity)
	}
	serialized, err := proto.Marshal(files)
	answer.Proto = serialized
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS}
	return answer, err
}

func (*quartet) ReportError(context.Context, *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	return new(discoveryv1.ReportErrorResponse), nil
}

// parent returns the traceparent with which the function was sent a command.
func (q *quartet) parent(command string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.parents[command]
}

// heard notes the trace of a command, and returns what comes of it for its caller and
// beside; of a wrong answer nothing.
func (q *quartet) heard(service, method, key string, metadata *entityv1.Metadata) (*entityv1.ClientAction, []*entityv1.SideEffect) {
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() == "traceparent" {
			q.mu.Lock()
			q.parents[service+"/"+method+" "+key] = entry.GetStringValue()
			q.mu.Unlock()
		}
	}
	messages := descriptortest.NewMessages()
	request, response := messages.AddRequest("target", 1), "AddResponse"
	if method != "Add" {
		request, response = messages.GetRequest("target"), "GetResponse"
	}
	reply := &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: pack(messages.Total(response, 1))}}}
	verb, _, _ := strings.Cut(key, " ")
	switch verb {
	case "forward":
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
			ServiceName: notes, CommandName: method, Payload: pack(request),
		}}}, nil
	case "effects":
		return reply, []*entityv1.SideEffect{
			{ServiceName: desks, CommandName: "Get", Payload: pack(messages.GetRequest("later"))},
			{ServiceName: notes, CommandName: "Add", Payload: pack(messages.AddRequest("target", 1)), Synchronous: true},
		}
	case "durable":
		return reply, []*entityv1.SideEffect{{ServiceName: desks, CommandName: "Get", Payload: pack(messages.GetRequest("sure")), Durable: true}}
	case "fail":
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{
			Code: int32(codes.FailedPrecondition), Description: "a secret of the domain",
		}}}, nil
	case "wrong":
		return nil, nil
	default:
		return reply, nil
	}
}

func (q *quartet) journal(stream eventsourcedv1.EventSourcedService_HandleServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the proxy has ended it, and so do we
		}
		command := request.GetCommand()
		if command == nil {
			continue
		}
		action, effects := q.heard(journals, command.GetName(), command.GetEntityId(), command.GetMetadata())
		reply := &eventsourcedv1.EventSourcedReply{CommandId: command.GetId(), ClientAction: action, SideEffects: effects}
		if action == nil {
			reply.CommandId += 1000
		}
		if command.GetName() == "Add" && action.GetFailure() == nil {
			reply.Events, reply.Snapshot = append(reply.Events, number(1)), number(1)
		}
		if err := stream.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
			return err
		}
	}
}

func (q *quartet) note(stream valuev1.ValueEntityService_HandleServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		command := request.GetCommand()
		if command == nil {
			continue
		}
		action, effects := q.heard(notes, command.GetName(), command.GetEntityId(), command.GetMetadata())
		reply := &valuev1.ValueEntityReply{CommandId: command.GetId(), ClientAction: action, SideEffects: effects}
		if command.GetName() == "Add" && action.GetFailure() == nil {
			reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: number(1)}}}
		}
		if err := stream.Send(&valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}); err != nil {
			return err
		}
	}
}

func (q *quartet) board(stream replicatedv1.ReplicatedEntityService_HandleServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		command := request.GetCommand()
		if command == nil {
			continue
		}
		action, effects := q.heard(boards, command.GetName(), command.GetEntityId(), command.GetMetadata())
		reply := &replicatedv1.ReplicatedReply{CommandId: command.GetId(), ClientAction: action, SideEffects: effects, Streamed: command.GetStreamed()}
		if command.GetName() == "Add" && action.GetFailure() == nil {
			reply.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: &replicatedv1.Delta{
				Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: 1}},
			}}}
		}
		if err := stream.Send(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
			return err
		}
		if !command.GetStreamed() {
			continue
		}
		last := &replicatedv1.StreamedMessage{CommandId: command.GetId(), ClientAction: action, EndStream: true}
		if err := stream.Send(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: last}}); err != nil {
			return err
		}
	}
}

// act is what a desk makes of a command.
func (q *quartet) act(command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	request := descriptortest.NewMessages().New("GetRequest") // an AddRequest has the key in the same place
	if err := proto.Unmarshal(command.GetPayload().GetValue(), request); err != nil {
		return nil, err
	}
	key := request.Get(request.Descriptor().Fields().ByName("id")).String()
	action, effects := q.heard(desks, command.GetName(), key, command.GetMetadata())
	response := &actionv1.ActionResponse{SideEffects: effects}
	switch action := action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		response.Response = &actionv1.ActionResponse_Reply{Reply: action.Reply}
	case *entityv1.ClientAction_Forward:
		response.Response = &actionv1.ActionResponse_Forward{Forward: action.Forward}
	case *entityv1.ClientAction_Failure:
		response.Response = &actionv1.ActionResponse_Failure{Failure: action.Failure}
	}
	return response, nil
}

func (q *quartet) HandleUnary(_ context.Context, command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	return q.act(command)
}

func (q *quartet) HandleStreamedOut(command *actionv1.ActionCommand, stream grpc.ServerStreamingServer[actionv1.ActionResponse]) error {
	for range 2 {
		response, err := q.act(command)
		if err != nil {
			return err
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
	return nil
}

// ask calls a method of the quartet, and returns what became of it.
func (c *client) ask(service, method, key string, options ...grpc.CallOption) error {
	return c.askWith(context.Background(), service, method, key, options...)
}

// askWith is ask with what ctx has.
func (c *client) askWith(ctx context.Context, service, method, key string, options ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, response := c.messages.AddRequest(key, 1), c.messages.New("AddResponse")
	if method != "Add" {
		request, response = c.messages.GetRequest(key), c.messages.New("GetResponse")
	}
	path := "/" + service + "/" + method
	if method != "Watch" {
		return c.conn.Invoke(ctx, path, request, response, options...)
	}
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path, options...)
	if err == nil {
		err = stream.SendMsg(request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	for err == nil {
		err = stream.RecvMsg(response)
	}
	if err == io.EOF { //nolint:errorlint // grpc-go returns it so
		return nil
	}
	return err
}

// awaitPage asks for a page of the admin port until it is as it should be.
func (r *running) awaitPage(tb testing.TB, path string, is func(page string) bool) string {
	tb.Helper()
	for deadline := time.Now().Add(patience); ; {
		_, page := r.page(tb, path)
		if is(page) {
			return page
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%s did not become what it should in time:\n%s", path, page)
		}
	}
}
