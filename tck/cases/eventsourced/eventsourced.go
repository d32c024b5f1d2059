// Package eventsourced holds the cases that are played on event sourced
// entities: those of profile event-sourced, and those of the profiles core and
// forwarding, which need an entity of some kind. The subject serves the model of
// stateward/tck/eventsourced/v1, and the kit is its proxy.
//
// A script reads as the wire does: each line is one frame, or one that is
// expected next. An expected answer is expected whole, so that what it does not
// mention may not be there. That nothing more has come is never concluded from
// silence, but from a barrier: the answer to a further command, or the end of
// the stream.
package eventsourced

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// profileOfKind is the profile of event sourced entities.
const profileOfKind = "event-sourced"

// Cases returns the cases on event sourced entities.
func Cases() []engine.Case {
	core := slices.Concat(
		modelDiscovery(),
		streams(), resets(), unsetMessages(), keys(),
		commands(), dispatching(), longDeadlines(), payloads(), conventions(), limits(), failures(),
	)
	forwarding := slices.Concat(forwards(), sideEffects())
	own := slices.Concat(
		activations(), rehydrations(), largeSequences(), replays(),
		emissions(), snapshots(), rollbacks(),
	)
	return slices.Concat([]engine.Case{*gate()},
		complete("core", core), complete("forwarding", forwarding), complete(profileOfKind, own),
		complete("capabilities", unannounced()), complete("cancel", cancellations()),
		complete("passivation-notice", notices()), complete("snapshot-request", requests()),
		complete("event-metadata", annotations()), complete("event-sourced-delete", deletions()),
		complete("durable-effects", durables()))
}

// complete fills in what the cases of a profile have in common.
func complete(profile string, cases []engine.Case) []engine.Case {
	need := gate()
	for i := range cases {
		cases[i].Profile, cases[i].Model = profile, profileOfKind
		cases[i].Needs = need
		cases[i].Script = foretold(cases[i].Script)
	}
	return cases
}

// gate returns the case that has to pass before any other on an event sourced
// entity tells anything.
func gate() *engine.Case {
	return &engine.Case{
		ID:           "event-sourced/discovery/model-listed",
		Requirements: []string{"DISC-ENT-001"},
		Cloudstate:   []string{"event-sourced/discovery"},
		Profile:      "core",
		Model:        profileOfKind,
		Needs:        discovery.Gate(),
		Script: []engine.Step{
			discovery.Ask(),
			discovery.Expect(modelService+" as an event sourced entity", func(r *discoveryv1.DiscoverResponse) string {
				switch entity := find(r, modelService); {
				case entity == nil:
					return "it is not listed"
				case entity.GetEntityType() != discovery.EventSourced:
					return "it is of type " + entity.GetEntityType()
				default:
					return ""
				}
			}),
		},
	}
}
