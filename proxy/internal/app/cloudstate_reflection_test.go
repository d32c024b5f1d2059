package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// asking is one stream of reflection. Its two versions have the same messages on the
// wire.
type asking struct {
	*observed
	*cloudstate.Stream
}

// askVersion opens reflection of the version.
func askVersion(o *observed, service string) asking {
	o.tb.Helper()
	stream, _ := o.open("/" + service + "/ServerReflectionInfo")
	return asking{o, stream}
}

// ask asks one thing.
func (a asking) ask(request *grpc_reflection_v1.ServerReflectionRequest) *grpc_reflection_v1.ServerReflectionResponse {
	a.tb.Helper()
	raw, err := proto.Marshal(request)
	if err != nil {
		a.tb.Fatal(err)
	}
	a.Send(raw)
	answer, err := a.Receive()
	if err != nil {
		a.tb.Fatal(err)
	}
	return read(a.tb, answer, new(grpc_reflection_v1.ServerReflectionResponse))
}

// services returns the list of services, in its order.
func (a asking) services() (names []string) {
	a.tb.Helper()
	answer := a.ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: new(grpc_reflection_v1.ServerReflectionRequest_ListServices),
	})
	for _, service := range answer.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	return names
}

// Reflection v1alpha is what callers of such functions have always been told
// (DIA-REFLECT-001, DIA-REFLECT-003, DIA-REFLECT-004).
func TestReflectionOfCloudstate(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	alpha := askVersion(o, grpc_reflection_v1alpha.ServerReflection_ServiceDesc.ServiceName)
	listed := []string{
		grpc_reflection_v1alpha.ServerReflection_ServiceDesc.ServiceName,
		cloudstate.Booking, cloudstate.Converter, cloudstate.Ledger, cloudstate.Presence, cloudstate.Profile,
	}
	if diff := cmp.Diff(listed, alpha.services()); diff != "" {
		t.Errorf("the services (-want +got):\n%s", diff)
	}

	request := &grpc_reflection_v1.ServerReflectionRequest{
		Host:           "shop",
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "no.such.Symbol"},
	}
	want := &grpc_reflection_v1.ServerReflectionResponse{
		ValidHost: "shop", OriginalRequest: request,
		MessageResponse: &grpc_reflection_v1.ServerReflectionResponse_FileDescriptorResponse{
			FileDescriptorResponse: new(grpc_reflection_v1.FileDescriptorResponse),
		},
	}
	if diff := cmp.Diff(want, alpha.ask(request), protocmp.Transform()); diff != "" {
		t.Errorf("an unknown symbol (-want +got):\n%s", diff)
	}

	request = &grpc_reflection_v1.ServerReflectionRequest{
		Host:           "shop",
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: cloudstate.Ledger},
	}
	answer := alpha.ask(request)
	if !proto.Equal(answer.GetOriginalRequest(), request) || answer.GetValidHost() != "shop" || len(answer.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("a known symbol: %v", answer)
	}

	// What is no symbol is refused as ever.
	answer = alpha.ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileByFilename{FileByFilename: "no/such.proto"},
	})
	if answer.GetErrorResponse() == nil {
		t.Errorf("an unknown file: %v", answer)
	}
}

// Reflection v1 and health are served as well, and v1 is as of any function
// (DIA-REFLECT-002).
func TestReflectionOfCloudstateV1(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	v1 := askVersion(o, grpc_reflection_v1.ServerReflection_ServiceDesc.ServiceName)
	answer := v1.ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "no.such.Symbol"},
	})
	if answer.GetErrorResponse() == nil {
		t.Errorf("an unknown symbol: %v", answer)
	}
	if _, err := o.Call(grpc_health_v1.Health_Check_FullMethodName, nil); err != nil {
		t.Errorf("health: %v", err)
	}
}
