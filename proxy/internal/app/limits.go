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
		MaxOutstandingCommands: maxOutstanding,
		MaxForwardDepth:        maxDepth,
		MaxCommandTime:         max(c.CommandTimeout.Milliseconds(), 1),
	}
}

// maxOutstanding is how many commands may be outstanding on one stream, of a
// replicated entity (REP-TURN-006).
const maxOutstanding = 64

// capabilities are those that the proxy announces.
func capabilities() []discoveryv1.Capability {
	return []discoveryv1.Capability{
		discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM,
		discoveryv1.Capability_CAPABILITY_CANCEL,
		discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
		discoveryv1.Capability_CAPABILITY_LIFECYCLE,
		discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
		discoveryv1.Capability_CAPABILITY_EVENT_METADATA,
		discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
		discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
		discoveryv1.Capability_CAPABILITY_TYPE_ALIASES,
		discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS,
		discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS,
	}
}

// maxRequest is the largest request of a caller in bytes: with what stands around
// it, it is a message.
func (c *Config) maxRequest() int { return c.MaxMessage - envelope }
