// Package lifecycle holds the cases on the one stream of a connection on which both
// sides say how they are, and take their leave.
package lifecycle

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

const profile = "lifecycle"

// Cases returns the cases on Watch. Each has a connection of its own.
func Cases() []engine.Case {
	w, other := watch{}, watch{Name: "other"}
	announced := discovery.Announce(discoveryv1.Capability_CAPABILITY_LIFECYCLE)
	cases := []engine.Case{
		{
			ID:           "lifecycle/watch/incarnation",
			Requirements: []string{"LIFE-WATCH-010"},
			Script: []engine.Step{announced, discovery.Expect("an incarnation_id", func(r *discoveryv1.DiscoverResponse) string {
				if r.GetServiceInfo().GetIncarnationId() == "" {
					return "it is empty"
				}
				return ""
			})},
		},
		{
			ID:           "lifecycle/watch/health-at-once",
			Requirements: []string{"LIFE-HEALTH-001"},
			Script:       []engine.Step{announced, w.start(), w.health(), w.left()},
		},
		{
			ID:           "lifecycle/watch/short-reason",
			Requirements: []string{"LIFE-HEALTH-006"},
			Script:       []engine.Step{announced, w.start(), w.shortReason(), w.left()},
		},
		{
			ID:           "lifecycle/watch/health-first",
			Requirements: []string{"LIFE-WATCH-007"},
			Script:       []engine.Step{announced, w.start(), w.health(), w.draining(), w.left()},
		},
		{
			ID:           "lifecycle/watch/half-close",
			Requirements: []string{"LIFE-DRAIN-008"},
			Script:       []engine.Step{announced, w.start(), w.health(), w.left(), w.again(), w.left()},
		},
		{
			ID:           "lifecycle/watch/further-calls",
			Requirements: []string{"LIFE-WATCH-011"},
			Script: []engine.Step{
				announced, w.start(), w.health(), w.left(),
				w.again(), w.health(), other.start(), other.health(), w.left(), other.left(),
			},
		},
		{
			ID:           "lifecycle/watch/further-connections",
			Requirements: []string{"LIFE-WATCH-011"},
			Script: []engine.Step{
				announced, w.start(), w.health(),
				announced, other.start(), other.health(), other.left(), w.left(),
			},
		},
		{
			ID:           "lifecycle/watch/the-proxy-drains",
			Requirements: []string{"LIFE-STOP-008"},
			Script: []engine.Step{
				announced, w.start(), w.health(), w.draining(),
				discovery.Ask(), other.start(), other.health(), other.left(), w.left(),
			},
		},
	}
	for _, wrong := range []struct {
		id    string
		lines []engine.Step
	}{
		{"draining-first", []engine.Step{w.draining()}},
		{"unset-message-first", []engine.Step{w.unset()}},
		{"second-start", []engine.Step{w.start(), w.health(), w.start()}},
		{"second-draining", []engine.Step{w.start(), w.health(), w.draining(), w.draining()}},
		{"unset-message", []engine.Step{w.start(), w.health(), w.unset()}},
	} {
		script := append([]engine.Step{announced, other.start(), other.health()}, wrong.lines...)
		cases = append(cases, engine.Case{
			ID:           "lifecycle/watch/" + wrong.id,
			Requirements: []string{"LIFE-WATCH-002"},
			Script:       append(script, w.refused(), other.left()),
		})
	}
	for i := range cases {
		cases[i].Profile = profile
		cases[i].Needs = discovery.Gate()
	}
	return cases
}
