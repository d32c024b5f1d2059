package discovery

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/kind"
)

// Whatever a function answers, the kit says what is wrong with it.
func FuzzSentences(f *testing.F) {
	file := protodesc.ToFileDescriptorProto(tckeventsourcedv1.File_stateward_tck_eventsourced_v1_eventsourced_proto)
	files, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file, file}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []*discoveryv1.DiscoverResponse{
		{},
		{Proto: []byte("garbage"), Entities: []*discoveryv1.Entity{{}, {EntityType: EventSourced}}},
		{Proto: files, Entities: []*discoveryv1.Entity{{
			EntityType: EventSourced, PersistenceId: "x",
			ServiceName: tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc.ServiceName,
		}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var response discoveryv1.DiscoverResponse
		if proto.Unmarshal(raw, &response) != nil {
			return
		}
		for _, s := range sentences() {
			if first, again := s.breach(&response), s.breach(&response); first != again {
				t.Errorf("%s says %q, then %q", s.id, first, again)
			}
		}
	})
}

// A file that stands twice in the set counts once (DISC-DESC-003), and may have its
// source positions in one place alone (DISC-DESC-004).
func TestTheSameFileTwiceIsFine(t *testing.T) {
	t.Parallel()
	file := &descriptorpb.FileDescriptorProto{Name: new("a.proto"), Syntax: new("proto3")}
	placed := proto.CloneOf(file)
	placed.SourceCodeInfo = &descriptorpb.SourceCodeInfo{Location: []*descriptorpb.SourceCodeInfo_Location{{Span: []int32{1, 2, 3}}}}
	raw, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file, file, placed}})
	if err != nil {
		t.Fatal(err)
	}
	if breach := openImports(&discoveryv1.DiscoverResponse{Proto: raw}); breach != "" {
		t.Error(breach)
	}
}

// A function may show kinds that this kit does not measure yet: what holds for
// every kind is all that they are held to.
func TestEveryKindMayBeShown(t *testing.T) {
	t.Parallel()
	field := &descriptorpb.FieldDescriptorProto{
		Name: new("id"), Number: new(int32(1)),
		Type:    descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
		Label:   descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		Options: &descriptorpb.FieldOptions{},
	}
	proto.SetExtension(field.GetOptions(), annotationsv1.E_EntityKey, true)
	for _, k := range kind.All() {
		file := &descriptorpb.FileDescriptorProto{
			Name: new("a.proto"), Syntax: new("proto3"), Package: new("a"),
			MessageType: []*descriptorpb.DescriptorProto{{Name: new("M"), Field: []*descriptorpb.FieldDescriptorProto{field}}},
			Service: []*descriptorpb.ServiceDescriptorProto{{Name: new("S"), Method: []*descriptorpb.MethodDescriptorProto{
				{Name: new("Do"), InputType: new(".a.M"), OutputType: new(".a.M"), ServerStreaming: new(k.Streams)},
			}}},
		}
		imported := protodesc.ToFileDescriptorProto(annotationsv1.File_stateward_annotations_v1_annotations_proto)
		raw, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
			protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto), imported, file,
		}})
		if err != nil {
			t.Fatal(err)
		}
		answer := &discoveryv1.DiscoverResponse{
			Proto:       raw,
			Entities:    []*discoveryv1.Entity{{EntityType: k.Type, ServiceName: "a.S", PersistenceId: "s"}},
			ServiceInfo: &discoveryv1.ServiceInfo{ServiceName: "s", ServiceRuntime: "r", SupportLibraryName: "l", SupportLibraryVersion: "1", ProtocolMajorVersion: 1, SchemaFingerprint: "f"},
		}
		for _, s := range sentences() {
			if breach := s.breach(answer); breach != "" {
				t.Errorf("%s: %s says %q", k.Profile, s.id, breach)
			}
		}
		answer.Entities = append(answer.Entities, answer.GetEntities()[0])
		if breach := badPersistenceIDs(answer); (breach != "") != k.Stateful {
			t.Errorf("%s: two of one persistence id give %q", k.Profile, breach)
		}
	}
}
