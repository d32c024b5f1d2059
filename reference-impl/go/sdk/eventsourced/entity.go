package eventsourced

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Entity is the definition of one event sourced entity with the state *S. It is
// built by [New], [Apply], [Handle] and [Snapshot] and is not changed after it
// was given to sdk.New. Mistakes are collected, and come out there.
type Entity[S any] struct {
	service       protoreflect.ServiceDescriptor
	persistenceID string
	create        func(id string) *S
	passivate     *time.Duration // nil: the proxy decides

	handlers map[string]handler[S]
	appliers map[protoreflect.FullName]applier[S]
	snapshot snapshot[S]
	mistakes []error
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
		service:       service,
		persistenceID: persistenceID,
		create:        create,
		handlers:      map[string]handler[S]{},
		appliers:      map[protoreflect.FullName]applier[S]{},
	}
	if persistenceID == "" {
		entity.complainf("an event sourced entity has a persistence id (DISC-ENT-002)")
	}
	return entity
}

// PassivateAfter asks the proxy to passivate the entity after this time without
// commands, instead of the proxy's own; at least a millisecond (DISC-ENT-004).
func (e *Entity[S]) PassivateAfter(idle time.Duration) {
	if idle < time.Millisecond {
		e.complainf("the passivation timeout is %v, below a millisecond (DISC-ENT-004)", idle)
	}
	e.passivate = &idle
}

// Kind returns the kind of every event sourced entity.
func (e *Entity[S]) Kind() sdk.Kind { return kind{} }

// Service returns the user's service; nil when New was given none.
func (e *Entity[S]) Service() protoreflect.ServiceDescriptor { return e.service }

// Describe returns the entity's line in discovery.
func (e *Entity[S]) Describe() *discoveryv1.Entity {
	line := &discoveryv1.Entity{
		EntityType:    eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
		PersistenceId: e.persistenceID,
	}
	if e.service != nil {
		line.ServiceName = string(e.service.FullName())
	}
	if e.passivate != nil {
		line.PassivationStrategy = &discoveryv1.PassivationStrategy{
			Strategy: &discoveryv1.PassivationStrategy_Timeout{
				Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: e.passivate.Milliseconds()},
			},
		}
	}
	return line
}

// Validate returns every mistake in the definition, joined: those made on the
// way, methods that cannot be served, and methods without a handler.
func (e *Entity[S]) Validate() error {
	if e.service == nil {
		return fmt.Errorf("persistence id %q: there is no such service in its file", e.persistenceID)
	}
	mistakes := append([]error{sdk.CheckMethods(e.service)}, e.mistakes...)
	for i := range e.service.Methods().Len() {
		if method := e.service.Methods().Get(i); e.handlers[string(method.Name())] == nil {
			mistakes = append(mistakes, fmt.Errorf("%s: no handler", method.FullName()))
		}
	}
	return errors.Join(mistakes...)
}

func (e *Entity[S]) complainf(format string, args ...any) {
	name := e.persistenceID
	if e.service != nil {
		name = string(e.service.FullName())
	}
	e.mistakes = append(e.mistakes, fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...)))
}
