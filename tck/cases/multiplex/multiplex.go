// Package multiplex holds the cases on streams that carry many entities of one kind. They
// are played on the event sourced model entity: a frame carries the message that a plain
// stream of it would.
//
// Every frame of the function is held against the rules of its handle, whatever the case
// looks at; a case cites what it is about.
package multiplex

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

const (
	profile = "multiplexed-stream"
	// model is the kind of model entity that the cases run on.
	model = "event-sourced"
)

// Cases returns the cases on multiplexed streams. Each has a connection of its own.
func Cases() []engine.Case {
	cases := slices.Concat(uses(), opens(), messages(), credits(), reading(), closes(), ends(), limits(), mistakes())
	announced := discovery.Announce(discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM)
	for i := range cases {
		cases[i].Profile, cases[i].Model = profile, model
		cases[i].Needs = discovery.Gate()
		cases[i].Script = append([]engine.Step{announced}, cases[i].Script...)
	}
	return cases
}
