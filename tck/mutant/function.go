package mutant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// function serves the model, bent by at most one defect.
type function struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	defect instance
}

// register makes the server serve the function.
func (f *function) register(server *grpc.Server) {
	discoveryv1.RegisterDiscoveryServiceServer(server, f)
	eventsourcedv1.RegisterEventSourcedServiceServer(server, f)
	if f.defect.serve != nil {
		f.defect.serve(server)
	}
}

// Discover says what the model serves.
func (f *function) Discover(ctx context.Context, in *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	answer, err := specification()
	if err != nil {
		return nil, err
	}
	if f.defect.discover != nil {
		if err := f.defect.discover(in, answer); err != nil {
			return nil, err
		}
	}
	return answer, f.hesitate(ctx)
}

// ReportError takes a report.
func (f *function) ReportError(ctx context.Context, _ *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	if f.defect.report != nil {
		return nil, f.defect.report()
	}
	return &discoveryv1.ReportErrorResponse{}, f.hesitate(ctx)
}

// Handle serves one activation.
func (f *function) Handle(stream grpc.BidiStreamingServer[request, response]) error {
	entity := &activation{}
	step := entity.step
	if f.defect.bend != nil {
		step = f.defect.bend(entity, step)
	}
	for {
		in, err := stream.Recv()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		out, end := step(in)
		if err := f.send(stream, out); err != nil {
			return err
		}
		switch {
		case end && in != nil && f.defect.status != nil:
			return f.defect.status
		case end:
			return f.hesitate(stream.Context())
		case in == nil: // a mutant that does not heed the half-close
			<-stream.Context().Done()
			return stream.Context().Err()
		}
	}
}

func (f *function) send(stream grpc.BidiStreamingServer[request, response], out []*response) error {
	for _, message := range out {
		if err := f.hesitate(stream.Context()); err != nil {
			return err
		}
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	return nil
}

// hesitate takes the time that a slow function takes for each answer.
func (f *function) hesitate(ctx context.Context) error {
	if f.defect.delay == 0 {
		return nil
	}
	timer := time.NewTimer(f.defect.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// specification is the correct answer to Discover.
func specification() (*discoveryv1.DiscoverResponse, error) {
	files, err := proto.MarshalOptions{Deterministic: true}.Marshal(&descriptorpb.FileDescriptorSet{
		File: closure(tckeventsourcedv1.File_stateward_tck_eventsourced_v1_eventsourced_proto, map[string]bool{}),
	})
	if err != nil {
		return nil, fmt.Errorf("the model's descriptors: %w", err)
	}
	entity := func(service, persistence string) *discoveryv1.Entity {
		return &discoveryv1.Entity{
			EntityType:    eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
			ServiceName:   service,
			PersistenceId: persistence,
		}
	}
	configured := entity(configuredService, "event-sourced-configured")
	configured.PassivationStrategy = timeout(100)
	return &discoveryv1.DiscoverResponse{
		Proto: files,
		Entities: []*discoveryv1.Entity{
			entity(modelService, "event-sourced-tck-model"),
			entity(twoService, "event-sourced-tck-model-two"),
			configured,
		},
		ServiceInfo: &discoveryv1.ServiceInfo{
			ServiceName:           "stateward-tck-self-check",
			ServiceVersion:        "1.0.0",
			ServiceRuntime:        "go",
			SupportLibraryName:    "none",
			SupportLibraryVersion: "1.0.0",
			ProtocolMajorVersion:  1,
		},
	}, nil
}

func timeout(millis int64) *discoveryv1.PassivationStrategy {
	return &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
		Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: millis},
	}}
}

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
