// Package kind names the kinds of service that a user function can serve.
package kind

import (
	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// Kind is one of them.
type Kind struct {
	// Type is its entity type at discovery: the full name of the service of this
	// protocol that the proxy calls for it.
	Type string
	// Profile is the profile that it shows.
	Profile string
	// Stateful says that it keeps a state, under a persistence id and a key.
	Stateful bool
	// Streams says that a method may stream its responses.
	Streams bool
}

// All returns every kind of the protocol, ordered by profile.
func All() []Kind {
	return []Kind{
		{Type: actionv1.ActionService_ServiceDesc.ServiceName, Profile: "action", Streams: true},
		{Type: eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName, Profile: "event-sourced", Stateful: true},
		{Type: replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName, Profile: "replicated", Stateful: true, Streams: true},
		{Type: valuev1.ValueEntityService_ServiceDesc.ServiceName, Profile: "value", Stateful: true},
	}
}

// Types returns the entity types of all kinds.
func Types() []string {
	var types []string
	for _, k := range All() {
		types = append(types, k.Type)
	}
	return types
}

// Of returns the kind of an entity type, and whether the protocol has it.
func Of(entityType string) (Kind, bool) {
	for _, k := range All() {
		if k.Type == entityType {
			return k, true
		}
	}
	return Kind{}, false
}
