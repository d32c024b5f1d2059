package frontend_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// own are the services that every frontend serves.
var own = []string{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}

// ask asks reflection one thing.
func ask(t *testing.T, stream grpc_reflection_v1.ServerReflection_ServerReflectionInfoClient, request *grpc_reflection_v1.ServerReflectionRequest) *grpc_reflection_v1.ServerReflectionResponse {
	t.Helper()
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// listServices returns the names of the services, sorted.
func listServices(t *testing.T, stream grpc_reflection_v1.ServerReflection_ServerReflectionInfoClient) []string {
	t.Helper()
	response := ask(t, stream, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: new(grpc_reflection_v1.ServerReflectionRequest_ListServices),
	})
	var names []string
	for _, s := range response.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	slices.Sort(names)
	return names
}

// TestReflection covers DISC-REFLECT-001.
func TestReflection(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	stream, err := grpc_reflection_v1.NewServerReflectionClient(b.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(slices.Clone(own), descriptortest.Service), listServices(t, stream)); diff != "" {
		t.Error(diff)
	}
	for symbol, file := range map[string]string{
		descriptortest.Service:             "test/counter/v1/counter.proto",
		"test.counter.v1.AddRequest":       "test/counter/v1/counter.proto",
		"grpc.health.v1.Health":            "grpc/health/v1/health.proto",
		"grpc.reflection.v1.ErrorResponse": "grpc/reflection/v1/reflection.proto",
	} {
		response := ask(t, stream, &grpc_reflection_v1.ServerReflectionRequest{
			MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol},
		})
		if !slices.Contains(names(t, response), file) {
			t.Errorf("%s is in %v, want %s", symbol, response, file)
		}
	}
	response := ask(t, stream, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: "google.protobuf.FieldOptions"},
	})
	if diff := cmp.Diff([]int32{84080}, response.GetAllExtensionNumbersResponse().GetExtensionNumber()); diff != "" {
		t.Error(diff)
	}
	response = ask(t, stream, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingExtension{FileContainingExtension: &grpc_reflection_v1.ExtensionRequest{
			ContainingType: "google.protobuf.FieldOptions", ExtensionNumber: 84080,
		}},
	})
	if !slices.Contains(names(t, response), "stateward/annotations/v1/annotations.proto") {
		t.Errorf("the extension is in %v", response)
	}
	response = ask(t, stream, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "nothing"},
	})
	if response.GetErrorResponse() == nil {
		t.Errorf("a symbol that is not there: %v", response)
	}
	b.function.err.Store(fault.New(fault.Unavailable, "gone"))
	if diff := cmp.Diff(own, listServices(t, stream)); diff != "" {
		t.Error(diff)
	}
}

// names returns the names of the files in a response.
func names(t *testing.T, response *grpc_reflection_v1.ServerReflectionResponse) []string {
	t.Helper()
	var names []string
	for _, serialized := range response.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(serialized, file); err != nil {
			t.Fatal(err)
		}
		names = append(names, file.GetName())
	}
	return names
}

//nolint:staticcheck // v1alpha is deprecated, and still what many tools speak
func TestReflectionV1Alpha(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	stream, err := grpc_reflection_v1alpha.NewServerReflectionClient(b.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&grpc_reflection_v1alpha.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: descriptortest.Service},
	})
	if err != nil {
		t.Fatal(err)
	}
	response, err := stream.Recv()
	if err != nil || len(response.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("response %v, %v", response, err)
	}
}
