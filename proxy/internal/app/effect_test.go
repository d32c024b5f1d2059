package app

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// mailer is a function whose counters mail each change durably to an action, which is
// the service Mail with the same methods.
type mailer struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	actionv1.UnimplementedActionServiceServer
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	adder *adder
	// to is the service that is mailed to.
	to string
	// down makes the action fail.
	down atomic.Bool
	// mailed are the idempotency keys of its calls.
	mailed chan string
}

const mail = "test.counter.v1.Mail"

// startMailer starts one on loopback and returns where it listens.
func startMailer(tb testing.TB) (*mailer, string) {
	tb.Helper()
	m := &mailer{adder: &adder{tb: tb}, to: mail, mailed: make(chan string, 64)}
	return m, listenFor(tb, func(server *grpc.Server) {
		discoveryv1.RegisterDiscoveryServiceServer(server, m)
		actionv1.RegisterActionServiceServer(server, m)
		eventsourcedv1.RegisterEventSourcedServiceServer(server, m)
	})
}

func (*mailer) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	files := descriptortest.Files()
	counters := files.GetFile()[2]
	mails := proto.CloneOf(counters.GetService()[0])
	mails.Name = new("Mail")
	counters.Service = []*descriptorpb.ServiceDescriptorProto{counters.GetService()[0], mails}
	answer := descriptortest.Answer(files)
	action, _ := wire.V1().OfKind(wire.Action)
	answer.Entities = append(answer.Entities, &discoveryv1.Entity{EntityType: action.Type, ServiceName: mail})
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS}
	return answer, nil
}

// Handle answers each command with 1 and a durable side effect.
func (m *mailer) Handle(stream grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the proxy has ended it, and so do we
		}
		command := request.GetCommand()
		if command == nil {
			continue
		}
		payload, err := anypb.New(descriptortest.NewMessages().GetRequest(command.GetEntityId()))
		if err != nil {
			return err
		}
		reply := &eventsourcedv1.EventSourcedReply{
			CommandId: command.GetId(),
			ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{
				Reply: m.adder.answer("AddResponse", 1).GetReply(),
			}},
			SideEffects: []*entityv1.SideEffect{{ServiceName: m.to, CommandName: "Get", Payload: payload, Durable: true}},
		}
		if err := stream.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}); err != nil {
			return err
		}
	}
}

// HandleUnary takes the mail, or fails.
func (m *mailer) HandleUnary(_ context.Context, command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	for _, entry := range command.GetMetadata().GetEntries() {
		if entry.GetKey() == "idempotency-key" {
			m.mailed <- entry.GetStringValue()
		}
	}
	if m.down.Load() {
		return nil, status.Error(codes.Unavailable, "down")
	}
	return m.adder.answer("GetResponse", 1), nil
}

// FX-DUR-003, FX-DUR-005, FX-DUR-020: an effect that is stored outlives the proxy, is tried
// when the next one starts, with the same key, and is gone once it is delivered.
func TestDurableSideEffectOutlivesTheProxy(t *testing.T) {
	function, target := startMailer(t)
	function.down.Store(true)
	config := durably(target, t.TempDir())
	first := runProxy(t, config)
	first.dial(t).mustAdd(t, "a", 1, 1)
	key := take(t, function.mailed)
	if err := first.halt(t); err != nil {
		t.Fatal(err)
	}
	for len(function.mailed) > 0 {
		if again := <-function.mailed; again != key {
			t.Errorf("the key %q became %q", key, again)
		}
	}
	function.down.Store(false)
	second := runProxy(t, config)
	if again := take(t, function.mailed); again != key || key == "" {
		t.Errorf("the key %q became %q", key, again)
	}
	if err := second.halt(t); err != nil {
		t.Fatal(err)
	}
	third := runProxy(t, config)
	third.dial(t)
	if _, page := third.page(t, "/metrics"); !strings.Contains(page, "stateward_durable_effects 0\n") {
		t.Error("an effect that was delivered is still kept")
	}
}
