package frontend

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
)

// alpha is reflection v1alpha. Of a function of version 1 it says what v1 says; of one
// of Cloudstate 0.2 what callers of such functions have always been told.
type alpha struct {
	grpc_reflection_v1alpha.ServerReflectionServer

	function Function
}

// ServerReflectionInfo answers the questions of one caller.
func (a *alpha) ServerReflectionInfo(stream grpc_reflection_v1alpha.ServerReflection_ServerReflectionInfoServer) error {
	return a.ServerReflectionServer.ServerReflectionInfo(&alphaStream{ServerReflection_ServerReflectionInfoServer: stream, function: a.function})
}

// alphaStream words the answers of one caller.
type alphaStream struct {
	grpc_reflection_v1alpha.ServerReflection_ServerReflectionInfoServer

	function Function
}

// Send sends an answer, which is the stream's own.
//
//nolint:staticcheck // v1alpha is deprecated, and what callers of such functions speak
func (s *alphaStream) Send(answer *grpc_reflection_v1alpha.ServerReflectionResponse) error {
	if registry, err := s.function.Registry(); err == nil && registry.Dialect().Cloudstate {
		reword(answer, registry.Names())
	}
	return s.ServerReflection_ServerReflectionInfoServer.Send(answer)
}

// reword makes of an answer what one of Cloudstate 0.2 is. The names are those of the
// services that the function listed, in order.
//
//nolint:staticcheck // v1alpha is deprecated, and what callers of such functions speak
func reword(answer *grpc_reflection_v1alpha.ServerReflectionResponse, names []string) {
	switch said := answer.GetMessageResponse().(type) {
	case *grpc_reflection_v1alpha.ServerReflectionResponse_ListServicesResponse:
		listed := []*grpc_reflection_v1alpha.ServiceResponse{{Name: grpc_reflection_v1alpha.ServerReflection_ServiceDesc.ServiceName}}
		for _, name := range names {
			listed = append(listed, &grpc_reflection_v1alpha.ServiceResponse{Name: name})
		}
		said.ListServicesResponse.Service = listed // DIA-REFLECT-003
	case *grpc_reflection_v1alpha.ServerReflectionResponse_ErrorResponse:
		_, symbol := answer.GetOriginalRequest().GetMessageRequest().(*grpc_reflection_v1alpha.ServerReflectionRequest_FileContainingSymbol)
		if symbol && said.ErrorResponse.GetErrorCode() == int32(codes.NotFound) {
			answer.MessageResponse = &grpc_reflection_v1alpha.ServerReflectionResponse_FileDescriptorResponse{
				FileDescriptorResponse: new(grpc_reflection_v1alpha.FileDescriptorResponse), // DIA-REFLECT-004
			}
		}
	}
}
