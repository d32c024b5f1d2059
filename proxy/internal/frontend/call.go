package frontend

import (
	"errors"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/identity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

var errStopping = fault.New(fault.Unavailable, "the proxy is stopping")

// The ways by which calls come, as they are counted.
const (
	byGRPC    = "grpc"
	byGRPCWeb = "grpc-web"
	byConnect = "connect"
	byHTTP    = "http"
)

// handle serves one call of the user's services, which has come by the way.
func (f *Frontend) handle(by string, stream grpc.ServerStream) error {
	begin := time.Now()
	method, err := f.method(stream)
	if err != nil {
		method = new(descriptor.Method) // nobody's
	} else {
		err = f.admitted(stream, method)
	}
	f.config.Observer.Called(by, method.Service, method.Name, way.Status(err).Code(), time.Since(begin))
	return err
}

// admitted carries out a call of the method, unless its caller may not make it.
func (f *Frontend) admitted(stream grpc.ServerStream, method *descriptor.Method) error {
	headers, principal, err := f.admit(stream, method.Service, method.Name, method.Access)
	switch {
	case err != nil:
		return err
	case method.Shape == wire.Unary:
		return f.call(stream, method, headers, principal)
	default:
		return f.stream(stream, method, headers, principal)
	}
}

// method finds the method that is called.
func (f *Frontend) method(stream grpc.ServerStream) (*descriptor.Method, error) {
	path, _ := grpc.MethodFromServerStream(stream) // every server stream has one
	service, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	method, _, err := f.find(service, name)
	return method, err
}

// find finds a method of what the function serves now.
func (f *Frontend) find(service, name string) (*descriptor.Method, *descriptor.Registry, error) {
	registry, err := f.config.Function.Registry()
	if err != nil {
		return nil, nil, err
	}
	if _, ok := registry.Service(service); !ok {
		return nil, nil, fault.New(fault.Unknown, "unknown service %s", service)
	}
	method, ok := registry.Method(service, name)
	if !ok {
		return nil, nil, fault.New(fault.Unknown, "unknown method %s for service %s", name, service)
	}
	return method, registry, nil
}

// call takes the request of a unary method and sends the reply.
func (f *Frontend) call(stream grpc.ServerStream, method *descriptor.Method, headers metadata.MD, principal *identity.Principal) error {
	request, err := receive(stream)
	if err != nil {
		return err
	}
	meta, err := told(headers, principal)
	if err != nil {
		return err
	}
	reply, err := f.config.Router.Call(stream.Context(), method.Service, method.Name, request, meta)
	if err != nil {
		return err
	}
	return f.reply(stream, method, reply)
}

// receive returns the one request of a call.
func receive(stream grpc.ServerStream) ([]byte, error) {
	var request, more way.Frame
	err := stream.RecvMsg(&request)
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "the call carries no request")
	}
	if err != nil {
		return nil, err
	}
	err = stream.RecvMsg(&more)
	if err == nil {
		return nil, fault.New(fault.Invalid, "the call carries more than one request")
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return request.Bytes, nil
}

// reply sends the reply, whose state is durable by now: metadata that cannot be
// sent does not fail the call.
func (f *Frontend) reply(stream grpc.ServerStream, method *descriptor.Method, reply *entityv1.Reply) error {
	headers, unfit := outgoing(reply.GetMetadata())
	if len(unfit) > 0 {
		f.config.Log.Warn("metadata of a reply cannot be response headers and is left out", "method", method.Name, "service", method.Service, "keys", unfit)
	}
	if err := stream.SetHeader(headers); err != nil {
		return err
	}
	return stream.SendMsg(&way.Frame{Bytes: reply.GetPayload().GetValue()})
}
