package doctor

import (
	"strings"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/kind"
)

// oldKinds are the entity types of Cloudstate 0.2, by the profile of their kind.
var oldKinds = map[string]string{
	"cloudstate.action.ActionProtocol":     "action",
	"cloudstate.crdt.Crdt":                 "replicated",
	"cloudstate.eventsourced.EventSourced": "event-sourced",
	"cloudstate.valueentity.ValueEntity":   "value",
}

// oldTypes are the entity types of Cloudstate 0.2, in order.
func oldTypes() []string {
	return []string{
		"cloudstate.action.ActionProtocol", "cloudstate.crdt.Crdt",
		"cloudstate.eventsourced.EventSourced", "cloudstate.valueentity.ValueEntity",
	}
}

// Entity is one entity that a subject lists.
type Entity struct {
	// Service is its full name.
	Service string
	// Kind is the profile of its kind, or its entity type where that is unknown.
	Kind string
	// Model says that it is one of the services that the kit drives.
	Model bool
}

// Entities returns what an answer lists, in its order.
func Entities(answer *discoveryv1.DiscoverResponse) []Entity {
	var all []Entity
	for _, listed := range answer.GetEntities() {
		e := Entity{Service: listed.GetServiceName(), Kind: listed.GetEntityType()}
		if known, ok := kind.Of(listed.GetEntityType()); ok {
			e.Kind = known.Profile
		} else if profile, ok := oldKinds[listed.GetEntityType()]; ok {
			e.Kind = profile
		}
		e.Model = strings.HasPrefix(e.Service, "stateward.tck.") || strings.HasPrefix(e.Service, "cloudstate.tck.model.")
		all = append(all, e)
	}
	return all
}
