package cloudstate

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// register serves the paths of Cloudstate 0.2. The messages of version 1 have the same
// bytes, so they are read and written here.
func (f *Function) register() {
	unary := map[string]grpc.MethodHandler{
		Discover: handle(func(*discoveryv1.DiscoverRequest) (any, error) { return f.answer, nil }),
		ReportError: handle(func(report *discoveryv1.ReportErrorRequest) (any, error) {
			f.report(report)
			return new(discoveryv1.ReportErrorResponse), nil
		}),
		ActionUnary: handle(func(command *actionv1.ActionCommand) (any, error) { return f.act(command) }),
	}
	streams := map[string]func(grpc.ServerStream) error{
		EventSourced: f.eventSourced, ValueEntity: f.valueEntity, Crdt: f.crdt,
		ActionIn: f.actIn, ActionOut: f.actOut, ActionStreamed: f.actStreamed,
	}
	services := map[string]*grpc.ServiceDesc{}
	of := func(path string) (*grpc.ServiceDesc, string) {
		name, method, _ := strings.Cut(f.name(path)[1:], "/")
		if services[name] == nil {
			services[name] = &grpc.ServiceDesc{ServiceName: name}
		}
		return services[name], method
	}
	for path, handler := range unary {
		service, method := of(path)
		service.Methods = append(service.Methods, grpc.MethodDesc{MethodName: method, Handler: handler})
	}
	for path, serve := range streams {
		service, method := of(path)
		service.Streams = append(service.Streams, grpc.StreamDesc{
			StreamName: method, ServerStreams: true, ClientStreams: true,
			Handler: func(_ any, stream grpc.ServerStream) error { return serve(stream) },
		})
	}
	for _, service := range services {
		f.server.RegisterService(service, nil)
	}
}

// handle makes the handler of a unary method.
func handle[T any](answer func(*T) (any, error)) grpc.MethodHandler {
	return func(_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		request := new(T)
		if err := decode(request); err != nil {
			return nil, err
		}
		return interceptor(ctx, request, new(grpc.UnaryServerInfo), func(_ context.Context, request any) (any, error) {
			return answer(request.(*T)) //nolint:forcetypeassert // it was made above
		})
	}
}
