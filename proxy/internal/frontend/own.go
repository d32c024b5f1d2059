package frontend

import (
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// own are the methods of the proxy's own services by their gRPC path, for the ways that do
// not lead through a gRPC server.
type own map[string]ownMethod

// ownMethod is one of them.
type ownMethod struct {
	shape wire.Shape
	serve way.Serve
}

var _ grpc.ServiceRegistrar = own{}

// register registers the proxy's own services.
func (f *Frontend) register(at grpc.ServiceRegistrar) {
	grpc_health_v1.RegisterHealthServer(at, f.health)
	grpc_reflection_v1.RegisterServerReflectionServer(at, f.reflection.v1())
	grpc_reflection_v1alpha.RegisterServerReflectionServer(at, f.reflection.v1alpha())
}

// RegisterService adds the methods of a service.
func (o own) RegisterService(service *grpc.ServiceDesc, server any) {
	for _, method := range service.Methods {
		o["/"+service.ServiceName+"/"+method.MethodName] = ownMethod{
			shape: wire.Unary,
			serve: func(stream grpc.ServerStream) error { return unary(method.Handler, server, stream) },
		}
	}
	for _, method := range service.Streams {
		o["/"+service.ServiceName+"/"+method.StreamName] = ownMethod{
			shape: wire.ShapeOf(method.ClientStreams, method.ServerStreams),
			serve: func(stream grpc.ServerStream) error { return method.Handler(server, stream) },
		}
	}
}

// unary has the handler answer the one request of a stream.
func unary(handle grpc.MethodHandler, server any, stream grpc.ServerStream) error {
	response, err := handle(server, stream.Context(), func(request any) error {
		if err := stream.RecvMsg(request); !errors.Is(err, io.EOF) {
			return err
		}
		return fault.New(fault.Invalid, "the call carries no request")
	}, nil)
	if err != nil {
		return err
	}
	return stream.SendMsg(response)
}
