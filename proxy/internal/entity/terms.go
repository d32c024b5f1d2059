package entity

import discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"

// Terms are what holds between the proxy and the function on one connection, as
// discovery has settled it. A machine is given those of its stream.
type Terms struct {
	// Persistence names the stored state of the entities of the service.
	Persistence string
	// Aliases has the names of today of the service's stored types.
	Aliases Aliases
	// MaxMessage is the largest message that the function takes, and MaxMetadata the
	// largest metadata of a request, a reply or an event; in bytes.
	MaxMessage, MaxMetadata int
	// Capabilities are those in force.
	Capabilities Capabilities
	// Cloudstate says that the function speaks Cloudstate 0.2: where the dialect
	// rules otherwise than version 1, its chapter counts.
	Cloudstate bool
}

// Capabilities is a set of capabilities. The zero value has none.
type Capabilities uint64

// CapabilitiesOf returns the set of them. One that this version does not know is
// left out.
func CapabilitiesOf(list ...discoveryv1.Capability) Capabilities {
	var set Capabilities
	for _, c := range list {
		if c > 0 && c < 64 {
			set |= 1 << c
		}
	}
	return set
}

// Has reports whether the capability is in the set.
func (c Capabilities) Has(capability discoveryv1.Capability) bool {
	return capability > 0 && capability < 64 && c&(1<<capability) != 0
}
