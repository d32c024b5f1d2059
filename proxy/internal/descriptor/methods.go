package descriptor

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// methods checks the methods of the service and adds them to it.
func (b *builder) methods(service *Service, declared protoreflect.ServiceDescriptor) {
	byService := b.serviceAccess(service, declared)
	keys := keyring{builder: b, service: service, byInput: map[protoreflect.FullName]*key{}}
	for i := range declared.Methods().Len() {
		method := declared.Methods().Get(i)
		shape := wire.ShapeOf(method.IsStreamingClient(), method.IsStreamingServer())
		if service.Kind != 0 && !service.Kind.Allows(shape) {
			b.misshapen(service, method, shape)
			continue
		}
		options := b.options(service, method)
		found := &Method{
			Service:  service.Name,
			Name:     string(method.Name()),
			Kind:     service.Kind,
			Shape:    shape,
			Input:    typeURL + string(method.Input().FullName()),
			Output:   method.Output().FullName(),
			ReadOnly: options.readOnly,
			Access:   access.Annotated{Method: b.methodAccess(service, method), Service: byService},
		}
		if service.Kind != wire.Action {
			found.key = keys.of(method)
		}
		service.methods[found.Name] = found
		b.bind(found, method, options.http)
	}
}

// misshapen notes a method whose shape its kind does not have.
func (b *builder) misshapen(service *Service, method protoreflect.MethodDescriptor, shape wire.Shape) {
	responses := "give single responses"
	if service.Kind == wire.Replicated {
		responses = "give single or streamed responses"
	}
	b.mistakef(shapeRequirement, service.Name, placesOf(method),
		"the method %q is %s, and %s entities take single requests and %s: take the keyword stream out",
		method.FullName(), shape, service.Kind, responses)
}
