package app

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// limits are what the proxy limits, as the function is told (CORE-LIMIT-005).
func (c *Config) limits() *discoveryv1.ProxyLimits {
	return &discoveryv1.ProxyLimits{
		MaxMessageBytes:        int64(c.MaxMessage),
		MaxRequestBytes:        int64(c.maxRequest()),
		MaxKeyBytes:            descriptor.MaxKey,
		MaxMetadataBytes:       maxMetadata,
		MaxWaitingCommands:     int32(c.Mailbox),
		MaxOutstandingCommands: 1, // The proxy runs no kind that has more.
		MaxForwardDepth:        maxDepth,
		MaxCommandTime:         max(c.CommandTimeout.Milliseconds(), 1),
	}
}

// capabilities are those that the proxy announces.
func capabilities() []discoveryv1.Capability {
	return []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM,
		discoveryv1.Capability_CAPABILITY_LIFECYCLE,
		discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
	}
}

// maxRequest is the largest request of a caller in bytes: with what stands around
// it, it is a message.
func (c *Config) maxRequest() int { return c.MaxMessage - envelope }
