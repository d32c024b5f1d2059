package httprule

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// binding is one way to a method by HTTP.
type binding struct {
	method protoreflect.MethodDescriptor
	rule   *annotations.HttpRule
	// additional says that it stands in additional_bindings.
	additional bool
}

// named says which binding is meant.
func (b binding) named() string {
	verb, path := b.pattern()
	return fmt.Sprintf("%s/%s, %s %q", b.method.Parent().FullName(), b.method.Name(), verb, path)
}

// pattern returns the HTTP method and the path template; both empty without a pattern.
func (b binding) pattern() (verb, path string) {
	switch pattern := b.rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Custom:
		return pattern.Custom.GetKind(), pattern.Custom.GetPath()
	default:
		return "", ""
	}
}

// bindings returns those of every method that the answer lists, in its order, and the
// methods themselves. The error says why the descriptors cannot be read.
func bindings(answer *discoveryv1.DiscoverResponse) ([]binding, []protoreflect.MethodDescriptor, error) {
	services, err := listed(answer)
	if err != nil {
		return nil, nil, err
	}
	var all []binding
	var methods []protoreflect.MethodDescriptor
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			methods = append(methods, method)
			rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
			if rule == nil {
				continue
			}
			all = append(all, binding{method: method, rule: rule})
			for _, more := range rule.GetAdditionalBindings() {
				all = append(all, binding{method: method, rule: more, additional: true})
			}
		}
	}
	return all, methods, nil
}

// listed returns the services that the answer lists, each once.
func listed(answer *discoveryv1.DiscoverResponse) ([]protoreflect.ServiceDescriptor, error) {
	var set, once descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(answer.GetProto(), &set); err != nil {
		return nil, fmt.Errorf("proto is no FileDescriptorSet: %w", err)
	}
	for _, file := range set.GetFile() {
		if !slices.ContainsFunc(once.GetFile(), func(f *descriptorpb.FileDescriptorProto) bool { return f.GetName() == file.GetName() }) {
			once.File = append(once.File, file)
		}
	}
	files, err := protodesc.NewFiles(&once)
	if err != nil {
		return nil, fmt.Errorf("the files do not link: %w", err)
	}
	var services []protoreflect.ServiceDescriptor
	for _, entity := range answer.GetEntities() {
		found, err := files.FindDescriptorByName(protoreflect.FullName(entity.GetServiceName()))
		service, isService := found.(protoreflect.ServiceDescriptor)
		if err != nil || !isService {
			return nil, fmt.Errorf("proto has no service %q", entity.GetServiceName())
		}
		if !slices.Contains(services, service) {
			services = append(services, service)
		}
	}
	return services, nil
}

// Shown reports whether a method that the answer lists has a rule: whether the function
// shows the profile http.
func Shown(answer *discoveryv1.DiscoverResponse) bool {
	all, _, err := bindings(answer)
	return err == nil && len(all) > 0
}

// field finds the field at the end of a path from the message, and says what is in the
// way when there is none.
func field(message protoreflect.MessageDescriptor, path string) (protoreflect.FieldDescriptor, string) {
	names := strings.Split(path, ".")
	for i, name := range names {
		found := message.Fields().ByName(protoreflect.Name(name))
		switch {
		case found == nil:
			return nil, fmt.Sprintf("%s has no field %q", message.FullName(), name)
		case found.Cardinality() == protoreflect.Repeated:
			return nil, fmt.Sprintf("%s is repeated", found.FullName())
		case i == len(names)-1:
			return found, ""
		case found.Message() == nil:
			return nil, fmt.Sprintf("%s is no message", found.FullName())
		}
		message = found.Message()
	}
	return nil, "it names no field"
}

// textMessages are the messages that JSON writes as one string, number or bool.
var textMessages = []protoreflect.FullName{
	"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask",
	"google.protobuf.DoubleValue", "google.protobuf.FloatValue", "google.protobuf.Int64Value",
	"google.protobuf.UInt64Value", "google.protobuf.Int32Value", "google.protobuf.UInt32Value",
	"google.protobuf.BoolValue", "google.protobuf.StringValue", "google.protobuf.BytesValue",
}

// isText reports whether the field is of a text type.
func isText(found protoreflect.FieldDescriptor) bool {
	return found.Message() == nil || slices.Contains(textMessages, found.Message().FullName())
}
