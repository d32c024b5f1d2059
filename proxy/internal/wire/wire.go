// Package wire holds the dialects: for each, a table of what the protocol's
// parts are called on the wire, and of what it lacks. The bytes of a message that
// two dialects have are the same in both.
package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// Dialect is one way to name the protocol's parts. It is read only.
type Dialect struct {
	// Name is what people call the dialect, and --dialect takes: "v1".
	Name string
	// Cloudstate says that its chapter counts wherever it rules otherwise than
	// version 1.
	Cloudstate bool
	// Major and Minor are the protocol version that DiscoverRequest carries, and
	// OldestMinor is the oldest minor version that is still spoken.
	Major, Minor, OldestMinor int32
	// Discover and ReportError are the gRPC paths of discovery.
	Discover, ReportError string
	// Multiplex and Watch are the gRPC paths of the multiplexed stream and of the
	// lifecycle; empty where the dialect has none.
	Multiplex, Watch string
	// EntityKeys are the numbers of the FieldOptions that mark an entity key.
	EntityKeys []protowire.Number
	// Eventing and ReadOnly are the numbers of the MethodOptions that connect a
	// method to events, and that say that it changes nothing; 0 where there is none.
	Eventing, ReadOnly protowire.Number
	// Access and ServiceAccess are the numbers of the MethodOptions and of the
	// ServiceOptions that say who may call; 0 where there is none.
	Access, ServiceAccess protowire.Number
	// Entities are the entity services, each kind once.
	Entities []Entity
	// Lacks are the fields and cases that the newest dialect has and this one does
	// not: they are neither sent nor read.
	Lacks Fields
	// Base64 says that metadata in bytes is sent as text in base64, which no dialect
	// does unless whoever runs the proxy asks for it (DIA-META-001).
	Base64 bool
}

// Entity says how the proxy calls the entities of one kind.
type Entity struct {
	// Kind is the kind that this line is about.
	Kind Kind
	// Type is the entity service's full name; discovery calls it entity_type.
	Type string
	// Handle is the gRPC path of the stream of one activation; empty for actions,
	// which have none.
	Handle string
	// Calls are the gRPC paths of an action's calls, by the shape of the user's
	// method; empty for every other kind.
	Calls [Shapes]string
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
