package discovery

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
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

// A file that stands twice in the set counts once (DISC-DESC-003).
func TestTheSameFileTwiceIsFine(t *testing.T) {
	t.Parallel()
	file := &descriptorpb.FileDescriptorProto{Name: new("a.proto"), Syntax: new("proto3")}
	raw, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file, file}})
	if err != nil {
		t.Fatal(err)
	}
	if breach := openImports(&discoveryv1.DiscoverResponse{Proto: raw}); breach != "" {
		t.Error(breach)
	}
}
