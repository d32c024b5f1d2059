// Package descriptortest is the small user service that tests of the proxy
// serve and call: counters, each an event sourced entity.
package descriptortest

import (
	_ "embed"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Names of the counter service.
const (
	Service = "test.counter.v1.CounterService"
	Add     = "/" + Service + "/Add"
	Get     = "/" + Service + "/Get"
)

//go:embed counter.txtpb
var counter []byte

// Files returns the descriptors of the counter service: its own file last,
// after its imports. The caller owns them.
func Files() *descriptorpb.FileDescriptorSet {
	file := new(descriptorpb.FileDescriptorProto)
	must(prototext.Unmarshal(counter, file))
	return &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto),
		protodesc.ToFileDescriptorProto(annotationsv1.File_stateward_annotations_v1_annotations_proto),
		file,
	}}
}

// Answer returns a right answer to Discover with the descriptors and one entity.
func Answer(files *descriptorpb.FileDescriptorSet) *discoveryv1.DiscoverResponse {
	eventSourced, _ := wire.V1().OfKind(wire.EventSourced)
	serialized, err := proto.Marshal(files)
	must(err)
	return &discoveryv1.DiscoverResponse{
		Proto: serialized,
		Entities: []*discoveryv1.Entity{{
			EntityType:    eventSourced.Type,
			ServiceName:   Service,
			PersistenceId: "counter",
		}},
		ServiceInfo: &discoveryv1.ServiceInfo{
			ServiceName:           "counter",
			ServiceRuntime:        "go",
			SupportLibraryName:    "test",
			ProtocolMajorVersion:  1,
			SupportLibraryVersion: "1",
		},
	}
}

// Messages makes and reads the messages of the counter service.
type Messages struct{ file protoreflect.FileDescriptor }

// NewMessages returns the messages of the counter service.
func NewMessages() Messages {
	files, err := protodesc.NewFiles(Files())
	must(err)
	file, err := files.FindFileByPath("test/counter/v1/counter.proto")
	must(err)
	return Messages{file: file}
}

// AddRequest returns a request to add the amount to the counter.
func (m Messages) AddRequest(id string, amount int64) proto.Message {
	request := m.New("AddRequest")
	request.Set(request.Descriptor().Fields().ByName("id"), protoreflect.ValueOfString(id))
	request.Set(request.Descriptor().Fields().ByName("amount"), protoreflect.ValueOfInt64(amount))
	return request
}

// GetRequest returns a request for the counter's total.
func (m Messages) GetRequest(id string) proto.Message {
	request := m.New("GetRequest")
	request.Set(request.Descriptor().Fields().ByName("id"), protoreflect.ValueOfString(id))
	return request
}

// Total returns a response with the name and the total.
func (m Messages) Total(name string, total int64) proto.Message {
	response := m.New(protoreflect.Name(name))
	response.Set(response.Descriptor().Fields().ByName("total"), protoreflect.ValueOfInt64(total))
	return response
}

// New returns an empty message of the file.
func (m Messages) New(name protoreflect.Name) *dynamicpb.Message {
	return dynamicpb.NewMessage(m.file.Messages().ByName(name))
}

// Int64 returns the value of an integer field, such as total or amount.
func Int64(message *dynamicpb.Message, field protoreflect.Name) int64 {
	return message.Get(message.Descriptor().Fields().ByName(field)).Int()
}

// must stops a test whose own fixture is broken.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
