package frontend

import (
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// reflected is what server reflection shows: the function's descriptors of now,
// and those of health and of reflection itself.
type reflected struct {
	function Function
	own      protoregistry.Files
}

var (
	_ reflection.ServiceInfoProvider = (*reflected)(nil)
	_ reflection.ExtensionResolver   = (*reflected)(nil)
	_ protodesc.Resolver             = (*reflected)(nil)
)

func newReflection(function Function) (*reflected, error) {
	r := &reflected{function: function}
	for _, file := range []protoreflect.FileDescriptor{
		grpc_health_v1.File_grpc_health_v1_health_proto,
		grpc_reflection_v1.File_grpc_reflection_v1_reflection_proto,
		grpc_reflection_v1alpha.File_grpc_reflection_v1alpha_reflection_proto,
	} {
		if err := r.own.RegisterFile(file); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// v1 and v1alpha serve the two versions of reflection.
func (r *reflected) v1() grpc_reflection_v1.ServerReflectionServer {
	return reflection.NewServerV1(r.options())
}

func (r *reflected) v1alpha() grpc_reflection_v1alpha.ServerReflectionServer {
	return &alpha{ServerReflectionServer: reflection.NewServer(r.options()), function: r.function}
}

func (r *reflected) options() reflection.ServerOptions {
	return reflection.ServerOptions{Services: r, DescriptorResolver: r, ExtensionResolver: r}
}

// files returns the function's files; nil, which is empty, while it serves nothing.
func (r *reflected) files() *protoregistry.Files {
	registry, err := r.function.Registry()
	if err != nil {
		return nil
	}
	return registry.Files()
}

// GetServiceInfo returns the names of the services that are served.
func (r *reflected) GetServiceInfo() map[string]grpc.ServiceInfo {
	info := map[string]grpc.ServiceInfo{}
	if registry, err := r.function.Registry(); err == nil {
		for _, name := range registry.Names() {
			info[name] = grpc.ServiceInfo{}
		}
	}
	r.own.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			info[string(file.Services().Get(i).FullName())] = grpc.ServiceInfo{}
		}
		return true
	})
	return info
}

// FindFileByPath finds a file; the function's come first.
func (r *reflected) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	found, err := r.files().FindFileByPath(path)
	if !errors.Is(err, protoregistry.NotFound) {
		return found, err
	}
	return r.own.FindFileByPath(path)
}

// FindDescriptorByName finds whatever has the full name; the function's come first.
func (r *reflected) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	found, err := r.files().FindDescriptorByName(name)
	if !errors.Is(err, protoregistry.NotFound) {
		return found, err
	}
	return r.own.FindDescriptorByName(name)
}

// FindExtensionByName finds an extension in the function's files.
func (r *reflected) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	return dynamicpb.NewTypes(r.files()).FindExtensionByName(name)
}

// FindExtensionByNumber finds an extension of the message in the function's files.
func (r *reflected) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	return dynamicpb.NewTypes(r.files()).FindExtensionByNumber(message, number)
}

// RangeExtensionsByMessage calls f with each extension of the message in the
// function's files until f returns false.
func (r *reflected) RangeExtensionsByMessage(message protoreflect.FullName, f func(protoreflect.ExtensionType) bool) {
	r.files().RangeFiles(func(file protoreflect.FileDescriptor) bool {
		return rangeExtensions(file, message, f)
	})
}

// rangeExtensions walks a file, or a message and the messages inside it. It
// reports whether to go on.
func rangeExtensions(scope interface {
	Extensions() protoreflect.ExtensionDescriptors
	Messages() protoreflect.MessageDescriptors
}, message protoreflect.FullName, f func(protoreflect.ExtensionType) bool,
) bool {
	for i := range scope.Extensions().Len() {
		extension := scope.Extensions().Get(i)
		if extension.ContainingMessage().FullName() == message && !f(dynamicpb.NewExtensionType(extension)) {
			return false
		}
	}
	for i := range scope.Messages().Len() {
		if !rangeExtensions(scope.Messages().Get(i), message, f) {
			return false
		}
	}
	return true
}
