package sdk

import (
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Entity is one entity of a function: a service of the user's protos and what
// stands behind it. The packages of the kinds make them. An Entity is complete
// before it is given to [New] and is not changed afterwards.
type Entity interface {
	// Kind returns how the entity is served; equal for all entities of one kind.
	Kind() Kind
	// Service returns the user's service; nil when the author gave none, which
	// Validate then says.
	Service() protoreflect.ServiceDescriptor
	// Describe returns the entity's line in the answer to Discover, a new one
	// with each call.
	Describe() *discoveryv1.Entity
	// Validate returns every mistake in the entity's definition, joined; nil
	// when there is none.
	Validate() error
}

// Kind is one kind of entity: a service of the protocol that the function
// serves and the proxy calls. Kinds are comparable.
type Kind interface {
	// Register adds the kind's service to the server, for exactly these
	// entities, all of this kind. The streams that it serves end with the host.
	Register(server grpc.ServiceRegistrar, host *Host, entities []Entity)
}

// ByService returns the entities, all of one kind, as that kind has them, by the full
// names of the users' services.
func ByService[D any](entities []Entity) map[string]D {
	definitions := map[string]D{}
	for _, entity := range entities {
		if definition, ok := entity.(D); ok { // all of the kind are
			definitions[string(entity.Service().FullName())] = definition
		}
	}
	return definitions
}

// CheckMethods returns every method of the service that no stateful entity can
// serve, joined; nil when there is none: those that stream (DISC-METHOD-001), and
// those whose input does not name the entity by exactly one singular string
// field with the option entity_key, in no oneof (DISC-KEY-001). Of no service it says
// nothing, for Definition.Validate does. Stateful kinds call it in Validate.
func CheckMethods(service protoreflect.ServiceDescriptor) error {
	return checkMethods(service, false)
}

// CheckStreamingMethods is CheckMethods for a kind whose methods may stream their
// responses.
func CheckStreamingMethods(service protoreflect.ServiceDescriptor) error {
	return checkMethods(service, true)
}

func checkMethods(service protoreflect.ServiceDescriptor, mayStreamResponses bool) error {
	if service == nil {
		return nil
	}
	var mistakes []error
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		if method.IsStreamingClient() || method.IsStreamingServer() && !mayStreamResponses {
			mistakes = append(mistakes, fmt.Errorf("%s streams (DISC-METHOD-001)", method.FullName()))
		}
		keys := entityKeys(method.Input())
		switch {
		case len(keys) != 1:
			mistakes = append(mistakes, fmt.Errorf("%s: %s has %d fields with the option entity_key, not 1 (DISC-KEY-001)",
				method.FullName(), method.Input().FullName(), len(keys)))
		case keys[0].Kind() != protoreflect.StringKind || keys[0].Cardinality() == protoreflect.Repeated:
			mistakes = append(mistakes, fmt.Errorf("%s: the entity key %s is not a singular string (DISC-KEY-001)",
				method.FullName(), keys[0].FullName()))
		case keys[0].ContainingOneof() != nil && !keys[0].HasOptionalKeyword():
			mistakes = append(mistakes, fmt.Errorf("%s: the entity key %s is in a oneof (DISC-KEY-001)",
				method.FullName(), keys[0].FullName()))
		}
	}
	return errors.Join(mistakes...)
}

// entityKeys returns the fields of the message that have the option entity_key.
func entityKeys(message protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	var keys []protoreflect.FieldDescriptor
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if isKey, ok := proto.GetExtension(field.Options(), annotationsv1.E_EntityKey).(bool); ok && isKey {
			keys = append(keys, field)
		}
	}
	return keys
}
