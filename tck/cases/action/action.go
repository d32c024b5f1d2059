// Package action holds the cases that are played on actions: those of profile action,
// and those of the profiles core and forwarding that an action can show. The subject
// serves the model of stateward/tck/action/v1, and the kit is its proxy.
//
// An expected response is expected whole, so that what it does not mention may not be
// there. A call that may be refused in any way is followed by one that is answered: so a
// subject that refuses everything shows nothing.
package action

import (
	"slices"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// profileOfKind is the profile of actions.
const profileOfKind = "action"

// Cases returns the cases on actions.
func Cases() []engine.Case {
	core := slices.Concat(modelDiscovery(), conventions(), limits())
	forwarding := slices.Concat(forwards(), sideEffects())
	own := slices.Concat(
		shapes(), unaries(), streamedIns(), streamedOuts(), dialogues(),
		refusals(), requests(), endings(), together(), cancels(), flows(),
	)
	return slices.Concat([]engine.Case{*gate()},
		complete("core", core), complete("forwarding", forwarding), complete(profileOfKind, own))
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

// gate returns the case that has to pass before any other on an action tells anything.
func gate() *engine.Case {
	return &engine.Case{
		ID:           "action/discovery/model-listed",
		Requirements: []string{"DISC-ENT-001"},
		Profile:      "core",
		Model:        profileOfKind,
		Needs:        discovery.Gate(),
		Script:       []engine.Step{discovery.Ask(), listed(modelService)},
	}
}

// modelDiscovery are the cases on what discovery says of the model's actions.
func modelDiscovery() []engine.Case {
	return []engine.Case{{
		ID:           "action/discovery/both-listed",
		Requirements: []string{"DISC-ENT-001"},
		Cloudstate:   []string{"action/discovery"},
		Script:       []engine.Step{discovery.Ask(), listed(modelService), listed(twoService)},
	}}
}

// listed expects the service among the actions.
func listed(service string) engine.Step {
	return discovery.Expect(service+" as an action", func(r *discoveryv1.DiscoverResponse) string {
		for _, entity := range r.GetEntities() {
			switch {
			case entity.GetServiceName() != service:
			case entity.GetEntityType() != actionv1.ActionService_ServiceDesc.ServiceName:
				return "it is of type " + entity.GetEntityType()
			default:
				return ""
			}
		}
		return "it is not listed"
	})
}
