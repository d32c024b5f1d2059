// Package value holds the cases that are played on value entities: those of profile
// value, and those of the profiles core, forwarding and cancel that an entity of this
// kind can show. The subject serves the model of stateward/tck/value/v1, and the kit is
// its proxy.
//
// An expected answer is expected whole, so that what it does not mention may not be
// there.
package value

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// profileOfKind is the profile of value entities.
const profileOfKind = "value"

// Cases returns the cases on value entities.
func Cases() []engine.Case {
	core := slices.Concat(
		modelDiscovery(),
		streams(), endings(), resets(), unsetMessages(), keys(),
		commands(), dispatching(), payloads(), conventions(), limits(), failures(),
	)
	forwarding := slices.Concat(forwards(), sideEffects())
	own := slices.Concat(activations(), largeNumbers(), reactivations(), stateActions(), sights(), rollbacks())
	return slices.Concat([]engine.Case{*gate()},
		complete("core", core), complete("forwarding", forwarding),
		complete("cancel", cancels()), complete(profileOfKind, own))
}

// complete fills in what the cases of a profile have in common.
func complete(profile string, cases []engine.Case) []engine.Case {
	need := gate()
	for i := range cases {
		cases[i].Profile, cases[i].Model = profile, profileOfKind
		cases[i].Needs = need
	}
	return cases
}

// gate returns the case that has to pass before any other on a value entity tells
// anything.
func gate() *engine.Case {
	return &engine.Case{
		ID:           "value/discovery/model-listed",
		Requirements: []string{"DISC-ENT-001"},
		Profile:      "core",
		Model:        profileOfKind,
		Needs:        discovery.Gate(),
		Script:       []engine.Step{discovery.Ask(), listed(modelService)},
	}
}

// listed expects the service among the value entities.
func listed(service string) engine.Step {
	return discovery.Expect(service+" as a value entity", func(r *discoveryv1.DiscoverResponse) string {
		switch entity := find(r, service); {
		case entity == nil:
			return "it is not listed"
		case entity.GetEntityType() != valuev1.ValueEntityService_ServiceDesc.ServiceName:
			return "it is of type " + entity.GetEntityType()
		default:
			return ""
		}
	})
}
