package sdk

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// services has the name in Cloudstate 0.2 of each service of the protocol that 0.2 has.
// Their methods are called alike, but begin with a small letter.
var services = map[string]string{
	"stateward.discovery.v1.DiscoveryService":         "cloudstate.EntityDiscovery",
	"stateward.eventsourced.v1.EventSourcedService":   "cloudstate.eventsourced.EventSourced",
	"stateward.value.v1.ValueEntityService":           "cloudstate.valueentity.ValueEntity",
	"stateward.replicated.v1.ReplicatedEntityService": "cloudstate.crdt.Crdt",
	"stateward.action.v1.ActionService":               "cloudstate.action.ActionProtocol",
}

// newer has the fields that version 1 has added to what a function says, and to what it
// acts on when a proxy says it. A proxy of 0.2 is not sent the ones, for some tools of that
// time refuse a field that they do not know, and is not heard to say the others.
var newer = map[protoreflect.FullName][]protoreflect.Name{
	"stateward.discovery.v1.DiscoverRequest": {
		"capabilities", "oldest_protocol_minor_version", "limits", "dev_mode", "instance_id",
	},
	"stateward.discovery.v1.Entity": {"type_aliases"},
	"stateward.discovery.v1.ServiceInfo": {
		"capabilities", "oldest_protocol_minor_version", "incarnation_id", "schema_fingerprint", "max_message_bytes",
	},
	"stateward.entity.v1.Failure":                 {"code", "details", "retryable", "retry_after"},
	"stateward.entity.v1.SideEffect":              {"durable"},
	"stateward.eventsourced.v1.EventSourcedReply": {"event_metadata", "delete"},
	"stateward.value.v1.Update":                   {"expire_after"},
}

// dialect serves in Cloudstate 0.2 what is registered with it in version 1: it registers
// each service under its old name, and renames what stands in the messages.
type dialect struct {
	server grpc.ServiceRegistrar
	in     renaming // what the proxy says
	out    renaming // what the function says
}

// speakCloudstate returns the registrar. Services that 0.2 lacks are not served there.
func speakCloudstate(server grpc.ServiceRegistrar, c *Cloudstate) dialect {
	d := dialect{server: server, in: renaming{map[string]string{}, newer}, out: renaming{map[string]string{}, newer}}
	for own, old := range services {
		d.in.names[old], d.out.names[own] = own, old
	}
	owners := map[protoreflect.FullName]int{}
	for own, old := range c.Names {
		owners[old]++
		d.in.names[string(old)], d.out.names[string(own)] = string(own), string(old)
	}
	for old, number := range owners {
		if number > 1 { // nothing says which one is meant
			delete(d.in.names, string(old))
		}
	}
	return d
}

// RegisterService registers the service under its old name.
func (d dialect) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	name, known := services[desc.ServiceName]
	if !known {
		return
	}
	old := grpc.ServiceDesc{ServiceName: name, HandlerType: desc.HandlerType, Metadata: desc.Metadata}
	for _, method := range desc.Methods {
		old.Methods = append(old.Methods, grpc.MethodDesc{MethodName: small(method.MethodName), Handler: d.unary(method.Handler)})
	}
	for _, stream := range desc.Streams {
		stream.StreamName, stream.Handler = small(stream.StreamName), d.streaming(stream.Handler)
		old.Streams = append(old.Streams, stream)
	}
	d.server.RegisterService(&old, implementation)
}

// small returns the name with its first letter small.
func small(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func (d dialect) unary(handle grpc.MethodHandler) grpc.MethodHandler {
	return func(service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		response, err := handle(service, ctx, func(request any) error {
			err := decode(request)
			d.in.rename(request)
			return err
		}, interceptor)
		return d.out.renamed(response), err
	}
}

func (d dialect) streaming(handle grpc.StreamHandler) grpc.StreamHandler {
	return func(service any, stream grpc.ServerStream) error {
		return handle(service, &oldStream{ServerStream: stream, dialect: d})
	}
}

// oldStream is a stream of a proxy of 0.2.
type oldStream struct {
	grpc.ServerStream

	dialect dialect
}

// RecvMsg receives a message and renames what stands in it.
func (s *oldStream) RecvMsg(message any) error {
	err := s.ServerStream.RecvMsg(message)
	s.dialect.in.rename(message)
	return err
}

// SendMsg sends the message renamed. The message itself stays as it is: it may be kept.
func (s *oldStream) SendMsg(message any) error {
	return s.ServerStream.SendMsg(s.dialect.out.renamed(message))
}

// renaming is how messages of one dialect are made those of the other.
type renaming struct {
	names map[string]string                             // full names of services and messages
	drop  map[protoreflect.FullName][]protoreflect.Name // fields to leave out
}

// renamed returns a renamed copy.
func (r renaming) renamed(message any) any {
	if original, ok := message.(proto.Message); ok && !IsNil(original) {
		message = proto.Clone(original)
		r.rename(message)
	}
	return message
}

// rename renames what stands in the message, in place.
func (r renaming) rename(message any) {
	if said, ok := message.(proto.Message); ok && !IsNil(said) {
		r.walk(said.ProtoReflect())
	}
}

// walk renames what stands in the message and in those inside it, the bytes of payloads
// excepted: they are the same in both dialects.
func (r renaming) walk(message protoreflect.Message) {
	fields := message.Descriptor().Fields()
	for _, name := range r.drop[message.Descriptor().FullName()] {
		message.Clear(fields.ByName(name))
	}
	switch said := message.Interface().(type) {
	case *anypb.Any:
		slash := strings.LastIndex(said.GetTypeUrl(), "/")
		said.TypeUrl = said.GetTypeUrl()[:slash+1] + r.name(said.GetTypeUrl()[slash+1:])
		return
	case *discoveryv1.ServiceInfo:
		return // its service_name is for people
	case *discoveryv1.DiscoverRequest:
		for i, entityType := range said.GetSupportedEntityTypes() {
			said.SupportedEntityTypes[i] = r.name(entityType)
		}
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Name() == "service_name" || field.Name() == "entity_type":
			message.Set(field, protoreflect.ValueOfString(r.name(value.String())))
		case field.Message() == nil || field.IsMap(): // the protocol has no maps
		case field.IsList():
			for i := range value.List().Len() {
				r.walk(value.List().Get(i).Message())
			}
		default:
			r.walk(value.Message())
		}
		return true
	})
}

// name returns the other name of what has one.
func (r renaming) name(name string) string {
	if other, known := r.names[name]; known {
		return other
	}
	return name
}
