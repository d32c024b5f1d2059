package descriptor

import (
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// typeURL starts the type URL of every request (CORE-CMD-004).
const typeURL = "type.googleapis.com/"

// Offer is what the proxy brings to a discovery.
type Offer struct {
	// Dialect is that in which the function was asked.
	Dialect wire.Dialect
	// Capabilities are those that the proxy announces.
	Capabilities entity.Capabilities
	// Unversioned lets a function of Cloudstate that states no version have
	// replicated entities, for somebody who knows that it means 0.2
	// (DIA-VERSION-003).
	Unversioned bool
	// MaxMessage is the largest message in bytes to a function of Cloudstate 0.2,
	// which cannot say what it takes; 0 stands for 4 MiB (DIA-CONN-004).
	MaxMessage int
}

// builder checks one answer to Discover and notes what it finds.
type builder struct {
	Offer

	inForce entity.Capabilities
	// unversioned is the version that the function states where that is older than
	// the wire of 0.2; empty otherwise.
	unversioned  string
	files        *fileSet
	services     map[string]*Service
	persistences map[string]string // persistence id → the service that has it
	defaults     []*Binding        // the default route of each method
	bindings     []*Binding        // those of the rules
	found        []Mistake
}

// Build reads the function's answer to Discover, as [Offer.Build] does for a proxy
// that offers nothing beyond the dialect.
func Build(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) (*Registry, []Mistake) {
	return Offer{Dialect: dialect}.Build(answer)
}

// Build reads the function's answer to Discover. It returns a registry, unless one of
// the mistakes refuses the answer, and every mistake in it: first those of the service
// info, then those of the files, then those of the entities, in their order, and last
// the routes that are the same.
func (o Offer) Build(answer *discoveryv1.DiscoverResponse) (*Registry, []Mistake) {
	if len(o.Dialect.Lacks) > 0 { // what 0.2 lacks is an unknown field (DIA-FIELD-002)
		answer = proto.CloneOf(answer)
		o.Dialect.Lacks.Strip(answer)
	}
	info := answer.GetServiceInfo()
	b := &builder{
		Offer:        o,
		inForce:      o.Capabilities & entity.CapabilitiesOf(info.GetCapabilities()...),
		services:     map[string]*Service{},
		persistences: map[string]string{},
	}
	b.info(info)
	b.files = readFiles(answer.GetProto())
	b.found = append(b.found, b.files.found...)
	if len(answer.GetEntities()) == 0 {
		b.mistakef(listRequirement, "", nil, "the function lists no entity: add the services that it serves to the field entities")
	}
	for _, e := range answer.GetEntities() {
		b.entity(e)
	}
	routes := b.routes()
	if Refuses(b.found) {
		return nil, b.found
	}
	return &Registry{
		dialect:      o.Dialect,
		files:        b.files.files,
		largest:      o.largest(info),
		capabilities: b.inForce,
		incarnation:  info.GetIncarnationId(),
		schema:       schemaOf(answer),
		services:     b.services,
		routes:       routes,
	}, b.found
}

// entity checks one entity and its service.
func (b *builder) entity(e *discoveryv1.Entity) {
	name := e.GetServiceName()
	if _, twice := b.services[name]; twice {
		b.mistakef(listRequirement, name, nil, "the service %q is listed twice: list it once", name)
		return
	}
	service := &Service{
		Name:    name,
		Kind:    b.kind(e),
		Type:    e.GetEntityType(),
		methods: map[string]*Method{},
	}
	b.services[name] = service
	if service.Kind != wire.Action { // nothing of an action's is read (ACT-DISC-003)
		service.Persistence, service.Idle = b.persistence(e), b.idle(e)
	}
	service.Aliases = b.aliases(service.Kind, e)
	if declared := b.declared(name); declared != nil {
		b.methods(service, declared)
	}
}

// kind checks the entity type; 0 when the proxy does not know it.
func (b *builder) kind(e *discoveryv1.Entity) wire.Kind {
	known, ok := b.Dialect.OfType(e.GetEntityType())
	switch {
	case !ok:
		b.mistakef(typeRequirement, e.GetServiceName(), nil,
			"the entity %q has the entity type %q, which this proxy does not know: use one of %s",
			e.GetServiceName(), e.GetEntityType(), strings.Join(b.Dialect.Types(), ", "))
	case known.Kind == wire.Replicated && b.unversioned != "" && !b.Unversioned:
		b.mistakef(unversionedRequirement, e.GetServiceName(), nil,
			"the function states protocol version %s, and its replicated entity %q may read a command of 0.2 as a delete: use a support library that states 0.2, or let the proxy take it for one",
			b.unversioned, e.GetServiceName())
	}
	return known.Kind
}

// persistence checks the persistence id of a stateful entity.
func (b *builder) persistence(e *discoveryv1.Entity) string {
	id, name := e.GetPersistenceId(), e.GetServiceName()
	if id == "" {
		b.mistakef(persistenceRequirement, name, nil,
			"the entity %q has no persistence id: give it one, and never change it, for its stored state is found by it", name)
		return ""
	}
	if other, twice := b.persistences[id]; twice {
		b.mistakef(persistenceRequirement, name, nil,
			"the entities %q and %q both have the persistence id %q: give each its own", other, name, id)
		return ""
	}
	b.persistences[id] = name
	return id
}

// idle checks the passivation time-out; 0 when none is given.
func (b *builder) idle(e *discoveryv1.Entity) time.Duration {
	timeout := e.GetPassivationStrategy().GetTimeout()
	if timeout == nil {
		return 0
	}
	milliseconds := timeout.GetTimeout()
	if milliseconds <= 0 {
		b.mistakef(timeoutRequirement, e.GetServiceName(), nil,
			"the entity %q has a passivation timeout of %d ms: make it greater than 0, or leave the strategy out", e.GetServiceName(), milliseconds)
		return 0
	}
	return time.Duration(min(milliseconds, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// declared finds the service in the files; nil when it is not there.
func (b *builder) declared(name string) protoreflect.ServiceDescriptor {
	found, err := b.files.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		if !b.files.declares(name) { // else its file's own mistake has been named
			b.mistakef(serviceRequirement, name, nil,
				"the service %q is not in the descriptor set: check its full name (package.Service), and add its file to the set", name)
		}
		return nil
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		b.mistakef(serviceRequirement, name, placesOf(found), "%q is not a service: give the full name of a service (package.Service)", name)
		return nil
	}
	return service
}

// mistakef notes a mistake that refuses the answer; places is nil where it stands in no file.
func (b *builder) mistakef(requirement, service string, places []Place, format string, args ...any) {
	b.notef(discoveryv1.Severity_SEVERITY_ERROR, requirement, service, places, format, args...)
}

// notef notes a mistake of the severity.
func (b *builder) notef(severity discoveryv1.Severity, requirement, service string, places []Place, format string, args ...any) {
	b.found = append(b.found, Mistake{
		Severity:    severity,
		Requirement: requirement,
		Text:        fmt.Sprintf(format, args...),
		Service:     service,
		Places:      places,
	})
}
