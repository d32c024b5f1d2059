package dialect

import (
	"context"
	"strings"

	"google.golang.org/grpc"
)

// registrar serves under the names of 0.2 what is registered in version 1.
type registrar struct {
	server grpc.ServiceRegistrar
}

// RegisterService registers the service under its old name, if it has one.
func (r registrar) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	old := grpc.ServiceDesc{HandlerType: desc.HandlerType, Metadata: desc.Metadata}
	for _, method := range desc.Methods {
		if path, known := methods["/"+desc.ServiceName+"/"+method.MethodName]; known {
			old.ServiceName, method.MethodName = split(path)
			method.Handler = unary(method.Handler)
			old.Methods = append(old.Methods, method)
		}
	}
	for _, stream := range desc.Streams {
		if path, known := methods["/"+desc.ServiceName+"/"+stream.StreamName]; known {
			old.ServiceName, stream.StreamName = split(path)
			stream.Handler = streaming(stream.Handler)
			old.Streams = append(old.Streams, stream)
		}
	}
	if old.ServiceName != "" {
		r.server.RegisterService(&old, implementation)
	}
}

// split returns the service and the method of a path.
func split(path string) (service, method string) {
	service, method, _ = strings.Cut(path[1:], "/")
	return service, method
}

// unary returns the handler for calls of 0.2.
func unary(handler grpc.MethodHandler) grpc.MethodHandler {
	return func(implementation any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		out, err := handler(implementation, ctx, func(in any) error {
			if err := decode(in); err != nil {
				return err
			}
			toNew().inPlace(in)
			return nil
		}, interceptor)
		if err != nil {
			return nil, err
		}
		return toOld().copied(out), nil
	}
}

// streaming returns the handler for streams of 0.2.
func streaming(handler grpc.StreamHandler) grpc.StreamHandler {
	return func(implementation any, stream grpc.ServerStream) error {
		return handler(implementation, &serverStream{ServerStream: stream, toOld: toOld(), toNew: toNew()})
	}
}

// serverStream is a stream of a proxy that speaks 0.2.
type serverStream struct {
	grpc.ServerStream

	toOld, toNew translation
}

// SendMsg sends a copy of the message in the words of 0.2.
func (s *serverStream) SendMsg(message any) error {
	return s.ServerStream.SendMsg(s.toOld.copied(message))
}

// RecvMsg receives a message, in the words of version 1.
func (s *serverStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	s.toNew.inPlace(message)
	return nil
}
