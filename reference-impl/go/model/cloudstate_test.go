package main

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	oldkey "github.com/stateward/stateward/tck/gen/cloudstate"
	cloudstatemodel "github.com/stateward/stateward/tck/gen/cloudstate/tck/model"
)

const (
	oldModel = "cloudstate.tck.model.EventSourcedTckModel"
	oldTwo   = "cloudstate.tck.model.EventSourcedTwo"
)

// oldEntities are the entities as 0.2 calls them, in the order of version 1.
var oldEntities = []struct{ kind, service string }{
	{"cloudstate.eventsourced.EventSourced", oldModel},
	{"cloudstate.eventsourced.EventSourced", oldTwo},
	{"cloudstate.eventsourced.EventSourced", "cloudstate.tck.model.EventSourcedConfigured"},
	{"cloudstate.valueentity.ValueEntity", "cloudstate.tck.model.valueentity.ValueEntityTckModel"},
	{"cloudstate.valueentity.ValueEntity", "cloudstate.tck.model.valueentity.ValueEntityTwo"},
	{"cloudstate.valueentity.ValueEntity", "cloudstate.tck.model.valueentity.ValueEntityConfigured"},
	{"cloudstate.crdt.Crdt", "cloudstate.tck.model.crdt.CrdtTckModel"},
	{"cloudstate.crdt.Crdt", "cloudstate.tck.model.crdt.CrdtTwo"},
	{"cloudstate.crdt.Crdt", "cloudstate.tck.model.crdt.CrdtConfigured"},
	{"cloudstate.action.ActionProtocol", "cloudstate.tck.model.action.ActionTckModel"},
	{"cloudstate.action.ActionProtocol", "cloudstate.tck.model.action.ActionTwo"},
}

// discoverOld asks as a proxy of Cloudstate 0.2 does.
func discoverOld(t *testing.T, proxy *sdktest.Proxy) *discoveryv1.DiscoverResponse {
	t.Helper()
	ctx, _ := proxy.Context()
	answer := &discoveryv1.DiscoverResponse{}
	asked := &discoveryv1.DiscoverRequest{ProtocolMinorVersion: 2, SupportedEntityTypes: []string{"cloudstate.eventsourced.EventSourced"}}
	if err := proxy.Conn.Invoke(ctx, "/cloudstate.EntityDiscovery/discover", asked, answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// One process is discovered in both dialects, each time under the names of that one.
func TestDiscoverInCloudstate(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	got := discoverOld(t, proxy)
	files := got.GetProto()
	got.Proto = nil
	want := discover(t, proxy, proxyInfo())
	want.Proto = nil
	want.ServiceInfo = &discoveryv1.ServiceInfo{ // nothing that 0.2 does not know
		ServiceName:           want.GetServiceInfo().GetServiceName(),
		ServiceVersion:        want.GetServiceInfo().GetServiceVersion(),
		ServiceRuntime:        want.GetServiceInfo().GetServiceRuntime(),
		SupportLibraryName:    want.GetServiceInfo().GetSupportLibraryName(),
		SupportLibraryVersion: want.GetServiceInfo().GetSupportLibraryVersion(),
		ProtocolMinorVersion:  2,
	}
	for i, entity := range want.GetEntities() {
		entity.EntityType, entity.ServiceName = oldEntities[i].kind, oldEntities[i].service
	}
	if diff := gocmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	describesOld(t, files)
}

// describesOld holds that the descriptors have the old service, with the old option on
// the key of its request.
func describesOld(t *testing.T, raw []byte) {
	t.Helper()
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(raw, set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		t.Fatal(err)
	}
	found, err := files.FindDescriptorByName(oldModel + ".Process")
	if err != nil {
		t.Fatal(err)
	}
	key := found.(protoreflect.MethodDescriptor).Input().Fields().Get(0)
	if isKey, _ := proto.GetExtension(key.Options(), oldkey.E_EntityKey).(bool); !isKey {
		t.Errorf("%s is no key", key.FullName())
	}
}

func oldAny(t *testing.T, message proto.Message) *anypb.Any {
	t.Helper()
	packed, err := anypb.New(message)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// The same handlers answer in the dialect, and every name in their answers is an old one.
func TestEntitySpeaksCloudstate(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	ctx, _ := proxy.Context()
	both := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	opened, err := proxy.Conn.NewStream(ctx, both, "/cloudstate.eventsourced.EventSourced/handle")
	if err != nil {
		t.Fatal(err)
	}
	stream := &grpc.GenericClientStream[sdktest.Request, sdktest.Response]{ClientStream: opened}
	persisted := func(value string) *anypb.Any { return oldAny(t, &cloudstatemodel.Persisted{Value: value}) }
	command := &entityv1.Command{EntityId: entityID, Id: 1, Name: "Process", Payload: oldAny(t, &cloudstatemodel.Request{
		Id: entityID,
		Actions: []*cloudstatemodel.RequestAction{
			{Action: &cloudstatemodel.RequestAction_Emit{Emit: &cloudstatemodel.Emit{Value: "C"}}},
			{Action: &cloudstatemodel.RequestAction_Effect{Effect: &cloudstatemodel.Effect{Id: "x"}}},
			{Action: &cloudstatemodel.RequestAction_Forward{Forward: &cloudstatemodel.Forward{Id: "y"}}},
		},
	})}
	for _, message := range []*sdktest.Request{
		sdktest.Init(oldModel, entityID, &eventsourcedv1.Snapshot{SnapshotSequence: 3, Snapshot: persisted("A")}),
		{Message: &eventsourcedv1.HandleRequest_Event{Event: &eventsourcedv1.Event{Sequence: 4, Payload: persisted("B")}}},
		sdktest.WithCommand(command),
	} {
		if err := stream.Send(message); err != nil {
			t.Fatal(err)
		}
	}
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	want := &sdktest.Response{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: 1,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
			ServiceName: oldTwo, CommandName: "Call", Payload: oldAny(t, &cloudstatemodel.Request{Id: "y"}),
		}}},
		SideEffects: []*entityv1.SideEffect{
			{ServiceName: oldTwo, CommandName: "Call", Payload: oldAny(t, &cloudstatemodel.Request{Id: "x"})},
		},
		Events: []*anypb.Any{persisted("C")},
	}}}
	if diff := gocmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
}

// What the proxy of 0.2 reports stands in the log.
func TestReportsOfCloudstate(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	ctx, _ := proxy.Context()
	err := proxy.Conn.Invoke(ctx, "/cloudstate.EntityDiscovery/reportError",
		&discoveryv1.ReportErrorRequest{Message: "an old complaint"}, &discoveryv1.ReportErrorResponse{})
	if err != nil {
		t.Fatal(err)
	}
	checkReported(t, proxy.Log(), "an old complaint", "level=ERROR")
}
