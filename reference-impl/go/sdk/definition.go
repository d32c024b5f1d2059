package sdk

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Definition is what the definition of an entity holds whatever its kind: the
// kinds embed it. Mistakes are collected, and come out of Validate.
type Definition struct {
	entityType    string
	service       protoreflect.ServiceDescriptor
	persistenceID string
	passivate     *time.Duration // nil: the proxy decides

	handled  map[string]bool // methods, by their short names
	stored   []protoreflect.FileDescriptor
	mistakes []error
}

// NewDefinition begins the definition of an entity: the full name of the
// protocol's service that serves its kind, the user's service, and the name
// under which its state is stored, which is empty for an action.
func NewDefinition(entityType string, service protoreflect.ServiceDescriptor, persistenceID string) Definition {
	return Definition{entityType: entityType, service: service, persistenceID: persistenceID, handled: map[string]bool{}}
}

// PassivateAfter asks the proxy to passivate the entity after this time without
// commands, instead of the proxy's own; at least a millisecond (DISC-ENT-004).
// Of an action it is not read (ACT-DISC-003).
func (d *Definition) PassivateAfter(idle time.Duration) {
	if idle < time.Millisecond {
		d.Complainf("the passivation timeout is %v, below a millisecond (DISC-ENT-004)", idle)
	}
	d.passivate = &idle
}

// Stores says that the entity's state holds messages of type M. The file that declares it
// goes into the answer to Discover, so that a proxy can show what it keeps.
func Stores[M proto.Message](d *Definition) {
	var none M
	d.stored = append(d.stored, none.ProtoReflect().Descriptor().ParentFile())
}

// Stored returns the files of the messages that the state holds; one may come twice.
func (d *Definition) Stored() []protoreflect.FileDescriptor { return d.stored }

// Service returns the user's service; nil when the definition was given none.
func (d *Definition) Service() protoreflect.ServiceDescriptor { return d.service }

// Describe returns the entity's line in discovery.
func (d *Definition) Describe() *discoveryv1.Entity {
	line := &discoveryv1.Entity{EntityType: d.entityType, PersistenceId: d.persistenceID}
	if d.service != nil {
		line.ServiceName = string(d.service.FullName())
	}
	if d.passivate != nil {
		line.PassivationStrategy = &discoveryv1.PassivationStrategy{
			Strategy: &discoveryv1.PassivationStrategy_Timeout{
				Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: d.passivate.Milliseconds()},
			},
		}
	}
	return line
}

// Validate returns every mistake in the definition, joined: those made on the
// way, and methods without a handler.
func (d *Definition) Validate() error {
	if d.service == nil {
		return fmt.Errorf("%s: there is no such service in its file", d.name())
	}
	mistakes := slices.Clip(d.mistakes) // which append copies: it may be validated at once elsewhere
	for i := range d.service.Methods().Len() {
		if method := d.service.Methods().Get(i); !d.handled[string(method.Name())] {
			mistakes = append(mistakes, fmt.Errorf("%s: no handler", method.FullName()))
		}
	}
	return errors.Join(mistakes...)
}

// Complainf adds a mistake of the author to those that Validate returns.
func (d *Definition) Complainf(format string, args ...any) {
	d.mistakes = append(d.mistakes, fmt.Errorf("%s: %w", d.name(), fmt.Errorf(format, args...)))
}

// name is what a mistake is told of.
func (d *Definition) name() string {
	if d.service == nil {
		return fmt.Sprintf("persistence id %q", d.persistenceID)
	}
	return string(d.service.FullName())
}

// Shape says what of a method streams.
type Shape struct{ In, Out bool }

// String names the shape as the specification does.
func (s Shape) String() string {
	switch s {
	case Shape{In: true, Out: true}:
		return "streamed"
	case Shape{In: true}:
		return "streamed in"
	case Shape{Out: true}:
		return "streamed out"
	default:
		return "unary"
	}
}

// Handles notes that the method has a handler of this shape from Request to
// Response, and complains where the service has no such method.
func Handles[Request, Response proto.Message](d *Definition, method string, shape Shape) {
	if d.service == nil {
		return // Validate says so
	}
	descriptor := d.service.Methods().ByName(protoreflect.Name(method))
	request, response := TypeName[Request](), TypeName[Response]()
	switch {
	case descriptor == nil:
		d.Complainf("there is no method %q to handle", method)
	case descriptor.Input().FullName() != request || descriptor.Output().FullName() != response:
		d.Complainf("%s takes %s and returns %s, not %s and %s", method,
			descriptor.Input().FullName(), descriptor.Output().FullName(), request, response)
	case shapeOf(descriptor) != shape:
		d.Complainf("%s is %v, not %v", method, shapeOf(descriptor), shape)
	case d.handled[method]:
		d.Complainf("%s has two handlers", method)
	}
	d.handled[method] = true
}

func shapeOf(method protoreflect.MethodDescriptor) Shape {
	return Shape{In: method.IsStreamingClient(), Out: method.IsStreamingServer()}
}
