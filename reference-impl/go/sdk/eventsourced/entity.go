package eventsourced

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Entity is the definition of one event sourced entity with the state *S. It is
// built by [New], [Apply], [Handle] and [Snapshot] and is not changed after it
// was given to sdk.New. Mistakes are collected, and come out there.
type Entity[S any] struct {
	sdk.Definition

	create   func(id string) *S
	handlers map[string]handler[S]
	appliers map[protoreflect.FullName]applier[S]
	snapshot snapshot[S]
}

// handler runs one method's handler on the payload of a command.
type handler[S any] func(ctx *Context, state *S, payload *anypb.Any) (proto.Message, error)

// applier is what one type of event does to the state.
type applier[S any] struct {
	unpack func(*anypb.Any) (proto.Message, error)
	apply  func(*S, proto.Message)
}

// snapshot is how the state is saved, after every so many events; 0 is never.
type snapshot[S any] struct {
	every   int
	save    func(*S) proto.Message
	restore func(*S, *anypb.Any) error
}

var _ sdk.Entity = (*Entity[struct{}])(nil)

// New begins the definition of an entity: the user's service, the name under
// which its events are stored for ever (not empty, and no other entity's), and
// how the state of the entity with this id begins. create is called with each
// activation, from any goroutine; two states share nothing.
func New[S any](service protoreflect.ServiceDescriptor, persistenceID string, create func(id string) *S) *Entity[S] {
	entity := &Entity[S]{
		Definition: sdk.NewDefinition(eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName, service, persistenceID),
		create:     create,
		handlers:   map[string]handler[S]{},
		appliers:   map[protoreflect.FullName]applier[S]{},
	}
	if persistenceID == "" {
		entity.Complainf("an event sourced entity has a persistence id (DISC-ENT-002)")
	}
	return entity
}

// Kind returns the kind of every event sourced entity.
func (e *Entity[S]) Kind() sdk.Kind { return kind{} }

// Validate returns every mistake in the definition, joined.
func (e *Entity[S]) Validate() error {
	return errors.Join(sdk.CheckMethods(e.Service()), e.Definition.Validate())
}
