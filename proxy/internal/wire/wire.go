// Package wire holds the dialects: for each, a table of what the protocol's
// parts are called on the wire. The messages are the same in every dialect.
package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// Dialect is one way to name the protocol's parts. It is read only.
type Dialect struct {
	// Name is what people call the dialect, such as "v1".
	Name string
	// Major and Minor are the protocol version that DiscoverRequest carries, and
	// OldestMinor is the oldest minor version that is still spoken.
	Major, Minor, OldestMinor int32
	// Discover and ReportError are the gRPC paths of discovery.
	Discover, ReportError string
	// EntityKeys are the numbers of the FieldOptions that mark an entity key.
	EntityKeys []protowire.Number
	// Eventing and ReadOnly are the numbers of the MethodOptions that connect a
	// method to events, and that say that it changes nothing.
	Eventing, ReadOnly protowire.Number
	// Entities are the entity services, each kind once.
	Entities []Entity
}

// Entity says how the proxy calls the entities of one kind.
type Entity struct {
	// Kind is the kind that this line is about.
	Kind Kind
	// Type is the entity service's full name; discovery calls it entity_type.
	Type string
	// Handle is the gRPC path of the stream of one activation.
	Handle string
}

// V1 returns the dialect of protocol version 1.0.
func V1() Dialect {
	return Dialect{
		Name:        "v1",
		Major:       1,
		Minor:       0,
		Discover:    discoveryv1.DiscoveryService_Discover_FullMethodName,
		ReportError: discoveryv1.DiscoveryService_ReportError_FullMethodName,
		EntityKeys:  []protowire.Number{annotationsv1.E_EntityKey.TypeDescriptor().Number()},
		Eventing:    annotationsv1.E_Eventing.TypeDescriptor().Number(),
		ReadOnly:    annotationsv1.E_ReadOnly.TypeDescriptor().Number(),
		Entities: []Entity{{
			Kind:   EventSourced,
			Type:   eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
			Handle: eventsourcedv1.EventSourcedService_Handle_FullMethodName,
		}},
	}
}

// Types returns the entity types in the order of the table. The caller owns the slice.
func (d Dialect) Types() []string {
	types := make([]string, len(d.Entities))
	for i, e := range d.Entities {
		types[i] = e.Type
	}
	return types
}

// OfType returns the entity service that has the type as its name.
func (d Dialect) OfType(name string) (Entity, bool) {
	for _, e := range d.Entities {
		if e.Type == name {
			return e, true
		}
	}
	return Entity{}, false
}

// OfKind returns the entity service of the kind.
func (d Dialect) OfKind(kind Kind) (Entity, bool) {
	for _, e := range d.Entities {
		if e.Kind == kind {
			return e, true
		}
	}
	return Entity{}, false
}
