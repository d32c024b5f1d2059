// Package replicated holds the cases that are played on replicated entities: those of
// the profiles replicated and replicated-maps, and those of the profiles core and
// forwarding that this kind answers in its own words. The subject serves the model of
// stateward/tck/replicated/v1, and the kit is its proxy.
//
// A script reads as the wire does: each line is one frame, or one that is expected
// next. An expected answer is expected whole, so that what it does not mention may not
// be there; where the specification leaves a choice, each choice is named. That nothing
// more has come is never concluded from silence, but from a barrier: the answer to a
// further command, or the end of the stream.
package replicated

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// profileOfKind is the profile of replicated entities, profileOfMaps that of the maps
// of one type.
const (
	profileOfKind = "replicated"
	profileOfMaps = "replicated-maps"
)

// Cases returns the cases on replicated entities.
func Cases() []engine.Case {
	core := slices.Concat(
		modelDiscovery(), streams(), keys(), commands(), dispatching(), payloads(), limits(), failures(),
	)
	forwarding := slices.Concat(forwards(), sideEffects())
	own := slices.Concat(
		activations(), types(),
		counters(), sets(), registers(), flags(), maps(), votes(), equality(), text(),
		turns(), receptions(), updates(), consistency(),
		streamedCalls(), longDeadlines(), cancellations(), deletions(), rollbacks(),
	)
	return slices.Concat([]engine.Case{*gate()},
		complete("core", core), complete("forwarding", forwarding),
		complete(profileOfKind, own), complete(profileOfMaps, mapsOfOneType()),
		complete("durable-effects", durables()))
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

// gate returns the case that has to pass before any other on a replicated entity
// tells anything.
func gate() *engine.Case {
	kind := replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName
	return &engine.Case{
		ID:           "replicated/discovery/model-listed",
		Requirements: []string{"DISC-ENT-001"},
		Profile:      "core",
		Model:        profileOfKind,
		Needs:        discovery.Gate(),
		Script: []engine.Step{
			discovery.Ask(),
			discovery.Expect(modelService+" as a replicated entity", func(r *discoveryv1.DiscoverResponse) string {
				switch entity := find(r, modelService); {
				case entity == nil:
					return "it is not listed"
				case entity.GetEntityType() != kind:
					return "it is of type " + entity.GetEntityType()
				default:
					return ""
				}
			}),
		},
	}
}
