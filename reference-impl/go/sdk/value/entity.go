package value

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Entity is the definition of one value entity whose value is a V, a generated
// message. It is built by [New] and [Handle] and is not changed after it was
// given to sdk.New. Mistakes are collected, and come out there.
type Entity[V proto.Message] struct {
	sdk.Definition

	handlers map[string]handler[V]
}

// handler runs one method's handler on the payload of a command.
type handler[V proto.Message] func(ctx *Context[V], payload *anypb.Any) (proto.Message, error)

var _ sdk.Entity = (*Entity[*anypb.Any])(nil)

// New begins the definition of an entity: the user's service, and the name under
// which its values are stored for ever (not empty, and no other entity's).
func New[V proto.Message](service protoreflect.ServiceDescriptor, persistenceID string) *Entity[V] {
	entity := &Entity[V]{
		Definition: sdk.NewDefinition(valuev1.ValueEntityService_ServiceDesc.ServiceName, service, persistenceID),
		handlers:   map[string]handler[V]{},
	}
	sdk.Stores[V](&entity.Definition)
	if persistenceID == "" {
		entity.Complainf("a value entity has a persistence id (DISC-ENT-002)")
	}
	return entity
}

// Handle sets what the method with this short name does. The handler reads the
// value, sets or removes it, and returns the response; or an error, best made by
// [sdk.Errorf], which refuses the command. It runs alone in its entity, and many
// entities run at once.
func Handle[V, Request, Response proto.Message](
	entity *Entity[V], method string,
	handle func(ctx *Context[V], request Request) (Response, error),
) {
	sdk.Handles[Request, Response](&entity.Definition, method, sdk.Shape{})
	entity.handlers[method] = func(ctx *Context[V], payload *anypb.Any) (proto.Message, error) {
		request, err := sdk.ReadRequest[Request](method, payload)
		if err != nil {
			return nil, err
		}
		return handle(ctx, request)
	}
}

// Kind returns the kind of every value entity.
func (e *Entity[V]) Kind() sdk.Kind { return kind{} }

// Validate returns every mistake in the definition, joined.
func (e *Entity[V]) Validate() error {
	return errors.Join(sdk.CheckMethods(e.Service()), e.Definition.Validate())
}
