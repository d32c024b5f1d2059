package eventsourced

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Activation returns the machine of one activation, correct in every way: what a
// multiplexed stream has for each handle. has says whether a capability is in force.
func Activation(has func(discoveryv1.Capability) bool) defect.Machine[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse] {
	return (&activation{has: has}).step
}
