package descriptor

import (
	"fmt"
	"math"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

const (
	// standardMessage is the largest message in bytes that every function takes
	// (CORE-LIMIT-001).
	standardMessage = 4 << 20
	// longestName is how many bytes the name of a process or of a schema may have.
	longestName = 128
)

// info checks what the function says of itself.
func (b *builder) info(info *discoveryv1.ServiceInfo) {
	if b.Dialect.Cloudstate {
		b.cloudstateVersion(info) // It has nothing else to say.
		return
	}
	if major := info.GetProtocolMajorVersion(); major != b.Dialect.Major {
		b.mistakef(versionRequirement, "", nil,
			"the function's service_info.protocol_major_version is %d, this proxy speaks %d: use a support library for protocol %d.x",
			major, b.Dialect.Major, b.Dialect.Major)
	} else {
		b.minor(info) // Of another major version it says nothing.
	}
	if size := info.GetMaxMessageBytes(); size != 0 && size < standardMessage {
		b.mistakef(sizeRequirement, "", nil,
			"the function's service_info.max_message_bytes is %d: give at least %d, or leave it out", size, standardMessage)
	}
	b.names(info)
}

// names checks the names of the process and of the schema.
func (b *builder) names(info *discoveryv1.ServiceInfo) {
	if n := len(info.GetIncarnationId()); n > longestName {
		b.mistakef(incarnationRequirement, "", nil,
			"the function's service_info.incarnation_id has %d bytes: give at most %d, or leave it out", n, longestName)
	}
	if info.GetIncarnationId() == "" && b.inForce.Has(discoveryv1.Capability_CAPABILITY_LIFECYCLE) {
		b.mistakef(unnamedRequirement, "", nil,
			"the function announces CAPABILITY_LIFECYCLE, and its service_info.incarnation_id is empty: give it a random UUID at each start")
	}
	if n := len(info.GetSchemaFingerprint()); n > longestName {
		b.mistakef(fingerprintRequirement, "", nil,
			"the function's service_info.schema_fingerprint has %d bytes: give at most %d, or leave it out", n, longestName)
	}
}

// minor checks that there is a minor version that both sides speak: the lower of
// their newest ones.
func (b *builder) minor(info *discoveryv1.ServiceInfo) {
	newest, oldest := info.GetProtocolMinorVersion(), info.GetOldestProtocolMinorVersion()
	if oldest < 0 || oldest > newest {
		b.mistakef(oldestRequirement, "", nil,
			"the function's service_info.oldest_protocol_minor_version is %d: give one from 0 to its protocol_minor_version, %d", oldest, newest)
		return
	}
	if spoken := min(newest, b.Dialect.Minor); spoken < max(oldest, b.Dialect.OldestMinor) {
		major := b.Dialect.Major
		b.mistakef(rangeRequirement, "", nil,
			"the function speaks protocol %d.%d to %d.%d, and this proxy %d.%d to %d.%d: use a support library or a proxy of a version that both speak",
			major, oldest, major, newest, major, b.Dialect.OldestMinor, major, b.Dialect.Minor)
	}
}

// cloudstateVersion checks the version of a function of Cloudstate: one that states
// none, or 0.1, may be of either wire (DIA-VERSION-001, DIA-VERSION-002).
func (b *builder) cloudstateVersion(info *discoveryv1.ServiceInfo) {
	major, minor := info.GetProtocolMajorVersion(), info.GetProtocolMinorVersion()
	stated := fmt.Sprintf("%d.%d", major, minor)
	switch {
	case major == b.Dialect.Major && minor == b.Dialect.Minor:
	case major == 0 && (minor == 0 || minor == 1):
		b.unversioned = stated
	default:
		b.mistakef(cloudstateRequirement, "", nil,
			"the function states protocol version %s, and this proxy speaks 0.2 with it: use a support library for Cloudstate 0.2, or for protocol 1.x", stated)
	}
}

// largest returns the largest message in bytes that the function takes.
func (o Offer) largest(info *discoveryv1.ServiceInfo) int {
	if o.Dialect.Cloudstate && o.MaxMessage > 0 {
		return o.MaxMessage
	}
	return int(min(max(info.GetMaxMessageBytes(), standardMessage), math.MaxInt32))
}
