package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// maxMessage is what one message may hold: payloads of 4 MiB (CORE-LIMIT-001), and
// room for what surrounds them.
const maxMessage = 5 << 20

// model is the file that declares the model's services.
var model = tckv1.File_stateward_tck_eventsourced_v1_eventsourced_proto

// describe returns the one answer to every Discover.
func describe() (*discoveryv1.DiscoverResponse, error) {
	files := &descriptorpb.FileDescriptorSet{}
	addFile(files, model)
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(files)
	if err != nil {
		return nil, err
	}
	return &discoveryv1.DiscoverResponse{
		Proto: encoded,
		Entities: []*discoveryv1.Entity{
			entity("EventSourcedTckModelService", "event-sourced-tck-model", 0),
			entity("EventSourcedTwoService", "event-sourced-tck-model-two", 0),
			entity("EventSourcedConfiguredService", "event-sourced-configured", 100),
		},
		ServiceInfo: &discoveryv1.ServiceInfo{
			ServiceName:           "model",
			ServiceVersion:        "0.0.0",
			ServiceRuntime:        runtime.Version(),
			SupportLibraryName:    "library",
			SupportLibraryVersion: "0.0.0",
			ProtocolMajorVersion:  1,
			IncarnationId:         rand.Text(), // another one after every start
			SchemaFingerprint:     fmt.Sprintf("%x", sha256.Sum256(encoded)),
		},
	}, nil
}

// addFile adds a file to the set, its imports first, each once (DISC-DESC-001).
func addFile(set *descriptorpb.FileDescriptorSet, file protoreflect.FileDescriptor) {
	if slices.ContainsFunc(set.GetFile(), func(f *descriptorpb.FileDescriptorProto) bool { return f.GetName() == file.Path() }) {
		return
	}
	for i := range file.Imports().Len() {
		addFile(set, file.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}

// entity is one that the function serves; 0 ms leave its passivation to the proxy.
func entity(service protoreflect.Name, persistenceID string, passivateAfter int64) *discoveryv1.Entity {
	e := &discoveryv1.Entity{
		EntityType:    eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
		ServiceName:   string(model.Services().ByName(service).FullName()),
		PersistenceId: persistenceID,
	}
	if passivateAfter > 0 {
		e.PassivationStrategy = &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
			Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: passivateAfter},
		}}
	}
	return e
}

// discovery serves DiscoveryService.
type discovery struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	spec *discoveryv1.DiscoverResponse
}

// Discover says what the function serves, whoever asks (DISC-CALL-005).
func (d discovery) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	return d.spec, nil
}

// ReportError puts what the proxy found wrong where the author looks (DISC-REPORT-001).
func (discovery) ReportError(_ context.Context, report *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	fmt.Fprintln(os.Stderr, "the proxy reports:", report)
	return &discoveryv1.ReportErrorResponse{}, nil
}
