package cloudstate

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// inV1 are the paths of version 1, by those of Cloudstate 0.2 whose bytes they carry.
var inV1 = map[string]string{
	Discover:       v1Discover,
	ReportError:    "/stateward.discovery.v1.DiscoveryService/ReportError",
	EventSourced:   "/stateward.eventsourced.v1.EventSourcedService/Handle",
	ValueEntity:    "/stateward.value.v1.ValueEntityService/Handle",
	Crdt:           "/stateward.replicated.v1.ReplicatedEntityService/Handle",
	ActionUnary:    "/stateward.action.v1.ActionService/HandleUnary",
	ActionIn:       "/stateward.action.v1.ActionService/HandleStreamedIn",
	ActionOut:      "/stateward.action.v1.ActionService/HandleStreamedOut",
	ActionStreamed: "/stateward.action.v1.ActionService/HandleStreamed",
}

// InV1 returns the path of version 1 that carries what the path of Cloudstate 0.2 does.
func InV1(path string) string { return inV1[path] }

// name returns the path by which the function serves what Cloudstate 0.2 calls so.
func (f *Function) name(path string) string {
	if f.behaviour.V1 {
		return inV1[path]
	}
	return path
}

// answerInV1 is the right answer of the same function in version 1, which refuses a key of
// several fields.
func answerInV1() *discoveryv1.DiscoverResponse {
	answer := Answer(Files(84080))
	answer.Entities = slices.DeleteFunc(answer.GetEntities(), func(e *discoveryv1.Entity) bool { return e.GetServiceName() == Booking })
	types := map[string]string{}
	for old, path := range inV1 {
		types[typeOf(old)] = typeOf(path)
	}
	for _, e := range answer.GetEntities() {
		e.EntityType = types[e.GetEntityType()]
	}
	answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = 1, 0
	return answer
}
