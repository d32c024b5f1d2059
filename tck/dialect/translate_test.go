package dialect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/gen/cloudstate"
	cloudstatemodel "github.com/stateward/stateward/tck/gen/cloudstate/tck/model"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

const url = "type.googleapis.com/"

// Each message of version 1 stands beside the same in the words of 0.2.
func TestToTheOldNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ said, want proto.Message }{
		"question": {
			&discoveryv1.DiscoverRequest{
				ProtocolMajorVersion: 1, ProxyName: "p", ProxyVersion: "v", DevMode: true, InstanceId: "i",
				SupportedEntityTypes: []string{"stateward.value.v1.ValueEntityService", "other.Service"},
				Limits:               &discoveryv1.ProxyLimits{MaxKeyBytes: 1},
			},
			&discoveryv1.DiscoverRequest{
				ProtocolMinorVersion: 2, ProxyName: "p", ProxyVersion: "v",
				SupportedEntityTypes: []string{"cloudstate.valueentity.ValueEntity", "other.Service"},
			},
		},
		"report": {
			&discoveryv1.ReportErrorRequest{Message: "m", Code: "c", ServiceName: "s", CommandId: 1},
			&discoveryv1.ReportErrorRequest{Message: "m"},
		},
		"init": {
			&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
				ServiceName: "stateward.tck.eventsourced.v1.EventSourcedTwoService", EntityId: "e", Epoch: 1, LastSequence: 5,
				Snapshot: &eventsourcedv1.Snapshot{Snapshot: &anypb.Any{TypeUrl: url + "stateward.tck.eventsourced.v1.Persisted", Value: []byte("x")}},
			}}},
			&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
				ServiceName: "cloudstate.tck.model.EventSourcedTwo", EntityId: "e",
				Snapshot: &eventsourcedv1.Snapshot{Snapshot: &anypb.Any{TypeUrl: url + "cloudstate.tck.model.Persisted", Value: []byte("x")}},
			}}},
		},
		"event": {
			&eventsourcedv1.Event{Sequence: 1, Id: "i", Time: timestamppb.Now(), Payload: &anypb.Any{TypeUrl: "p.cloudstate.io/string"}},
			&eventsourcedv1.Event{Sequence: 1, Payload: &anypb.Any{TypeUrl: "p.cloudstate.io/string"}},
		},
		"command of an action": {
			&actionv1.ActionCommand{ServiceName: "stateward.tck.action.v1.ActionTwoService", Name: "Call"},
			&actionv1.ActionCommand{ServiceName: "cloudstate.tck.model.action.ActionTwo", Name: "Call"},
		},
		"a name of the other dialect": {
			&actionv1.ActionCommand{ServiceName: "cloudstate.tck.model.action.ActionTwo"},
			&actionv1.ActionCommand{ServiceName: "foreign.cloudstate.tck.model.action.ActionTwo"},
		},
		"a message that was added": {
			&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{CommandId: 1}}},
			&eventsourcedv1.HandleRequest{},
		},
		"no name at all": {
			&actionv1.ActionCommand{Payload: &anypb.Any{TypeUrl: "a/b/"}},
			&actionv1.ActionCommand{Payload: &anypb.Any{TypeUrl: "a/b/"}},
		},
	} {
		before := proto.Clone(test.said)
		if diff := cmp.Diff(test.want, toOld().copied(test.said), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !proto.Equal(before, test.said) {
			t.Errorf("%s: the given message was changed", name)
		}
	}
}

// What a function of 0.2 says is read with the names of version 1, and what it says of
// its version stays.
func TestToTheNewNames(t *testing.T) {
	t.Parallel()
	got := &discoveryv1.DiscoverResponse{
		ServiceInfo: &discoveryv1.ServiceInfo{ServiceName: "cloudstate.crdt.Crdt", ProtocolMinorVersion: 2, MaxMessageBytes: 7},
		Entities: []*discoveryv1.Entity{
			{EntityType: "cloudstate.crdt.Crdt", ServiceName: "cloudstate.tck.model.crdt.CrdtTwo", PersistenceId: "p"},
			{EntityType: "stateward.value.v1.ValueEntityService", ServiceName: "shop.Cart"},
		},
		Proto: []byte("no descriptors"),
	}
	toNew().inPlace(got)
	want := &discoveryv1.DiscoverResponse{
		ServiceInfo: &discoveryv1.ServiceInfo{ServiceName: "cloudstate.crdt.Crdt", ProtocolMinorVersion: 2},
		Entities: []*discoveryv1.Entity{
			{EntityType: "stateward.replicated.v1.ReplicatedEntityService", ServiceName: "stateward.tck.replicated.v1.ReplicatedTwoService", PersistenceId: "p"},
			{EntityType: "foreign.stateward.value.v1.ValueEntityService", ServiceName: "shop.Cart"},
		},
		Proto: []byte("no descriptors"),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// reply is all that a function of 0.2 can say to a command.
func reply() *eventsourcedv1.HandleResponse {
	payload := &anypb.Any{TypeUrl: url + "cloudstate.tck.model.Request", Value: []byte("\n\x01a")}
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: 1,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
			ServiceName: "cloudstate.tck.model.EventSourcedTwo", CommandName: "Call", Payload: payload,
		}}},
		SideEffects: []*entityv1.SideEffect{{ServiceName: "cloudstate.tck.model.EventSourcedTwo", Payload: payload, Synchronous: true}},
		Events:      []*anypb.Any{{TypeUrl: "json.cloudstate.io/x"}, {TypeUrl: "example.com/cloudstate.tck.model.Persisted"}},
		Snapshot:    &anypb.Any{TypeUrl: url + "cloudstate.tck.model.Persisted"},
	}}}
}

// There and back is where it was: for all that 0.2 can say, and for fields that nobody
// knows.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	said := reply()
	said.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 1))
	back := proto.CloneOf(said)
	toNew().inPlace(back)
	if got := back.GetReply().GetClientAction().GetForward().GetServiceName(); got != "stateward.tck.eventsourced.v1.EventSourcedTwoService" {
		t.Errorf("forwarded to %s", got)
	}
	toOld().inPlace(back)
	if diff := cmp.Diff(said, back, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// serialized is a file and what it imports, as discovery has them.
func serialized(tb testing.TB, file protoreflect.FileDescriptor) []byte {
	tb.Helper()
	set := &descriptorpb.FileDescriptorSet{}
	var add func(protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		for _, known := range set.GetFile() {
			if known.GetName() == file.Path() {
				return
			}
		}
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	add(file)
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// linkedFiles reads descriptors, which have to link.
func linkedFiles(t *testing.T, raw []byte) *protoregistry.Files {
	t.Helper()
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// isKey reports whether the message has the option on its first field.
func isKey(t *testing.T, raw []byte, message protoreflect.FullName, option protoreflect.ExtensionType) bool {
	t.Helper()
	found, err := linkedFiles(t, raw).FindDescriptorByName(message)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := proto.GetExtension(found.(protoreflect.MessageDescriptor).Fields().Get(0).Options(), option).(bool)
	return key
}

func TestDescriptorsAreRenamed(t *testing.T) {
	t.Parallel()
	old := serialized(t, cloudstatemodel.File_cloudstate_tck_model_model_proto)
	renamed := toNew().descriptors(old)
	method, err := linkedFiles(t, renamed).FindDescriptorByName("stateward.tck.eventsourced.v1.EventSourcedTwoService.Call")
	if err != nil {
		t.Fatal(err)
	}
	if got := method.(protoreflect.MethodDescriptor).Input().FullName(); got != "stateward.tck.eventsourced.v1.ProcessRequest" {
		t.Errorf("Call takes %s", got)
	}
	if !isKey(t, renamed, "stateward.tck.eventsourced.v1.ProcessRequest", annotationsv1.E_EntityKey) {
		t.Error("the key is not marked in the words of version 1")
	}
	back := toOld().descriptors(renamed)
	if !isKey(t, back, "cloudstate.tck.model.Request", cloudstate.E_EntityKey) {
		t.Error("the key is not marked in the words of 0.2")
	}
	if string(back) != string(old) {
		t.Error("there and back is another set of descriptors")
	}
}

// Descriptors of version 1 among those of a 0.2 function stand for nothing that the
// kit looks for, and link beside the others.
func TestDescriptorsOfTheOtherDialect(t *testing.T) {
	t.Parallel()
	both := append(serialized(t, cloudstatemodel.File_cloudstate_tck_model_model_proto),
		serialized(t, tckeventsourcedv1.File_stateward_tck_eventsourced_v1_eventsourced_proto)...)
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(toNew().descriptors(both), &set); err != nil {
		t.Fatal(err)
	}
	packages := map[string]string{}
	for _, file := range set.GetFile() {
		packages[file.GetName()] = file.GetPackage()
	}
	if got := packages["cloudstate/tck/model/model.proto"]; got != "stateward.tck.eventsourced.v1" {
		t.Errorf("the package of the 0.2 model is %s", got)
	}
	if got := packages["stateward/tck/eventsourced/v1/eventsourced.proto"]; got != "foreign.stateward.tck.eventsourced.v1" {
		t.Errorf("the package of the v1 model is %s", got)
	}
}

// The option of older releases marks a key, and that of version 1 none.
func TestOptionsAreRenumbered(t *testing.T) {
	t.Parallel()
	truth := func(number protowire.Number) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), 1)
	}
	for _, test := range []struct{ from, to protowire.Number }{
		{1080, 84080}, {50002, 84080}, {1081, 84081}, {84080, 0}, {84081, 0}, {84082, 0}, {72295728, 72295728}, {3, 3},
	} {
		var want []byte
		if test.to != 0 {
			want = truth(test.to)
		}
		if diff := cmp.Diff(want, renumber(truth(test.from), toNewOptions)); diff != "" {
			t.Errorf("%d: %s", test.from, diff)
		}
	}
}

// A function may answer anything; what it answers is translated, or left as it is.
func FuzzDescriptors(f *testing.F) {
	f.Add(serialized(f, cloudstatemodel.File_cloudstate_tck_model_model_proto))
	f.Add([]byte("\x0a\x03\x12\x01."))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		renamed := toNew().descriptors(raw)
		if again := toNew().descriptors(raw); string(again) != string(renamed) {
			t.Error("one set has two translations")
		}
	})
}

// What has nothing of version 1 in it is the same there and back.
func FuzzReply(f *testing.F) {
	seed, err := proto.Marshal(reply())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, raw []byte) {
		said := &eventsourcedv1.HandleResponse{}
		if proto.Unmarshal(raw, said) != nil {
			t.Skip("no message")
		}
		once := proto.CloneOf(said)
		toNew().inPlace(once)
		back := proto.CloneOf(once)
		toOld().inPlace(back)
		again := proto.CloneOf(back)
		toNew().inPlace(again)
		if !proto.Equal(once, again) {
			t.Errorf("%v was read as %v, and then as %v", said, once, again)
		}
	})
}

// What a codec of the caller's sends as bytes is translated as messages are.
func FuzzEncoded(f *testing.F) {
	seed, err := proto.Marshal(reply())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	_, out := messagesOf(eventsourcedv1.EventSourcedService_Handle_FullMethodName)
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := reencoded(raw, out, toNew().inPlace)
		want := &eventsourcedv1.HandleResponse{}
		if proto.Unmarshal(raw, want) != nil {
			if string(got) != string(raw) {
				t.Error("bytes that are no message were changed")
			}
			return
		}
		toNew().inPlace(want)
		read := &eventsourcedv1.HandleResponse{}
		if err := proto.Unmarshal(got, read); err != nil || !proto.Equal(want, read) {
			t.Errorf("%v, %v, want %v", read, err, want)
		}
	})
}
