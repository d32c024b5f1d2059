package peer

import (
	"github.com/stateward/stateward/protocol"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/kind"
)

// Question is what a proxy of this version asks at discovery, with the limits that
// hold where nobody has configured others. It offers every kind of the protocol, so
// that a function may show those that this kit does not measure. The caller owns it.
func Question() *discoveryv1.DiscoverRequest {
	question := OldQuestion()
	question.Limits = &discoveryv1.ProxyLimits{
		MaxMessageBytes:        4 << 20,
		MaxRequestBytes:        4<<20 - 128<<10,
		MaxKeyBytes:            16 << 10,
		MaxMetadataBytes:       8 << 10,
		MaxWaitingCommands:     256,
		MaxOutstandingCommands: 64,
		MaxForwardDepth:        8,
		MaxCommandTime:         60_000,
	}
	question.DevMode = true
	question.InstanceId = "stateward-tck"
	return question
}

// OldQuestion is the same from a proxy that says nothing for which Cloudstate had no
// words. The caller owns it.
func OldQuestion() *discoveryv1.DiscoverRequest {
	return &discoveryv1.DiscoverRequest{
		ProtocolMajorVersion: 1,
		ProtocolMinorVersion: 0,
		ProxyName:            "stateward-tck",
		ProxyVersion:         protocol.Version,
		SupportedEntityTypes: kind.Types(),
	}
}
