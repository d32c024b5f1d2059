package frontend

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/stateward/stateward/proxy/internal/frontend/web"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// webMethod finds the method with a gRPC path for a call by gRPC-Web or Connect.
func (f *Frontend) webMethod(path string) (web.Method, error) {
	service, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if own, is := f.own[path]; is {
		return web.Method{Shape: own.shape, JSON: jsonOf(&f.reflection.own, find(&f.reflection.own, service, name))}, nil
	}
	method, registry, err := f.find(service, name)
	if err != nil {
		return web.Method{}, err
	}
	declared := find(registry.Files(), service, name)
	options, _ := declared.Options().(*descriptorpb.MethodOptions)
	return web.Method{
		Shape: method.Shape,
		Safe:  options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		JSON:  jsonOf(registry.Files(), declared),
	}, nil
}

// jsonOf is how the messages of the method are JSON.
func jsonOf(files *protoregistry.Files, method protoreflect.MethodDescriptor) web.JSON {
	return transcode.Form{Input: method.Input(), Output: method.Output(), Files: files}
}

// find returns a method that the files declare.
func find(files *protoregistry.Files, service, name string) protoreflect.MethodDescriptor {
	found, _ := files.FindDescriptorByName(protoreflect.FullName(service).Append(protoreflect.Name(name)))
	method, _ := found.(protoreflect.MethodDescriptor)
	return method
}
