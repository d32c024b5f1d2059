// Package mutant checks the kit itself. It holds a correct model of the user
// function under test, the same as others might have written it (the variants),
// the same with one defect each (the mutants), and things that are no user
// function at all (the impostors): the cases have to pass the model and its
// variants, find each mutant, and pass nothing of an impostor.
package mutant

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/mutant/action"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/eventsourced"
	"github.com/stateward/stateward/tck/mutant/multiplex"
	"github.com/stateward/stateward/tck/mutant/replicated"
	"github.com/stateward/stateward/tck/mutant/value"
)

// models returns the model of each kind.
func models() []defect.Model {
	return []defect.Model{eventsourced.Model(), value.Model(), replicated.Model(), action.Model()}
}

// function serves the models, bent by at most one defect.
type function struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	bent defect.Instance
}

// maxFrame is the largest message that the function takes: one of 4 MiB in a frame.
const maxFrame = 4<<20 + 64

// newFunction returns a function with the defect, and a server of its own that serves it
// in this dialect alone.
func newFunction(in dialect.Dialect, d defect.Defect) *grpc.Server {
	f := &function{bent: d()}
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxFrame), defect.PerConnection()}
	server := grpc.NewServer(append(options, f.bent.Options...)...)
	f.register(in, server)
	return server
}

// register makes the server serve the function, in this dialect alone.
func (f *function) register(in dialect.Dialect, server *grpc.Server) {
	services := in.Server(server)
	discoveryv1.RegisterDiscoveryServiceServer(services, f)
	lifecyclev1.RegisterLifecycleServiceServer(services, lifecycle{bent: f.bent})
	multiplex.Register(services, f.bent)
	for _, model := range models() {
		model.Register(services, f.bent)
	}
	if f.bent.Serve != nil {
		f.bent.Serve(server)
	}
}

// Discover says what the models serve.
func (f *function) Discover(ctx context.Context, in *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	defect.Announce(ctx, in.GetCapabilities())
	answer, err := specification()
	if err != nil {
		return nil, err
	}
	if f.bent.Discover != nil {
		if err := f.bent.Discover(in, answer); err != nil {
			return nil, err
		}
	}
	return answer, f.bent.Hesitate(ctx)
}

// ReportError takes a report.
func (f *function) ReportError(ctx context.Context, _ *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	if f.bent.Report != nil {
		return nil, f.bent.Report()
	}
	return &discoveryv1.ReportErrorResponse{}, f.bent.Hesitate(ctx)
}

// specification is the correct answer to Discover. The caller owns it.
func specification() (*discoveryv1.DiscoverResponse, error) {
	answer, err := specified()
	return proto.CloneOf(answer), err
}

// specified makes the answer, which is the same each time, once.
var specified = sync.OnceValues(func() (*discoveryv1.DiscoverResponse, error) {
	answer := &discoveryv1.DiscoverResponse{ServiceInfo: &discoveryv1.ServiceInfo{
		ServiceName:           "stateward-tck-self-check",
		ServiceVersion:        "1.0.0",
		ServiceRuntime:        "go",
		SupportLibraryName:    "none",
		SupportLibraryVersion: "1.0.0",
		ProtocolMajorVersion:  1,
		IncarnationId:         "self-check",
		SchemaFingerprint:     "self-check",
		Capabilities: []discoveryv1.Capability{
			discoveryv1.Capability_CAPABILITY_CANCEL,
			discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
			discoveryv1.Capability_CAPABILITY_LIFECYCLE,
			discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM,
			discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
			discoveryv1.Capability_CAPABILITY_EVENT_METADATA,
			discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
			discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
			discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS,
		},
	}}
	files, seen := &descriptorpb.FileDescriptorSet{}, map[string]bool{}
	for _, model := range models() {
		answer.Entities = append(answer.Entities, model.Entities()...)
		files.File = append(files.File, closure(model.File, seen)...)
	}
	described, err := proto.MarshalOptions{Deterministic: true}.Marshal(files)
	if err != nil {
		return nil, fmt.Errorf("the models' descriptors: %w", err)
	}
	answer.Proto = described
	return answer, nil
})

// closure returns the file and all that it imports, imports first, each once.
func closure(file protoreflect.FileDescriptor, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	if seen[file.Path()] {
		return nil
	}
	seen[file.Path()] = true
	var all []*descriptorpb.FileDescriptorProto
	for i := range file.Imports().Len() {
		all = append(all, closure(file.Imports().Get(i).FileDescriptor, seen)...)
	}
	return append(all, protodesc.ToFileDescriptorProto(file))
}
