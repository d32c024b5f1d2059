package replicated

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// Entity is the definition of one replicated entity whose value is a V, such as
// *crdt.ORSet[string]. It is built by [New], [Handle] and [HandleStreamed] and is
// not changed after it was given to sdk.New. Mistakes are collected, and come out
// there.
type Entity[V crdt.Value] struct {
	sdk.Definition

	create   func(id string) V
	handlers map[string]handler[V]
}

// handler runs one method's handler on the payload of a command. Its watch is
// nil where the call ends with the response.
type handler[V crdt.Value] func(ctx *Context, value V, payload *anypb.Any) (response proto.Message, watch *watch, err error)

var _ sdk.Entity = (*Entity[*crdt.Flag])(nil)

// New begins the definition of an entity: the user's service, the name under
// which its values are stored for ever (not empty, and no other entity's), and
// the empty value of the entity with this id. create is called with each
// activation, from any goroutine; two values share nothing. It chooses the same
// type for an id every time, so that no two functions choose differently
// (REP-TYPE-005).
func New[V crdt.Value](service protoreflect.ServiceDescriptor, persistenceID string, create func(id string) V) *Entity[V] {
	entity := &Entity[V]{
		Definition: sdk.NewDefinition(replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName, service, persistenceID),
		create:     create,
		handlers:   map[string]handler[V]{},
	}
	if persistenceID == "" {
		entity.Complainf("a replicated entity has a persistence id (DISC-ENT-002)")
	}
	return entity
}

// Kind returns the kind of every replicated entity.
func (e *Entity[V]) Kind() sdk.Kind { return kind{} }

// Validate returns every mistake in the definition, joined.
func (e *Entity[V]) Validate() error {
	return errors.Join(sdk.CheckStreamingMethods(e.Service()), e.Definition.Validate())
}

// readOnly reports whether the method has the option read_only.
func (e *Entity[V]) readOnly(method string) bool {
	descriptor := e.Service().Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		return false
	}
	is, ok := proto.GetExtension(descriptor.Options(), annotationsv1.E_ReadOnly).(bool)
	return ok && is
}
