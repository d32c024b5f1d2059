package descriptor

import (
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
	if major := info.GetProtocolMajorVersion(); major != b.dialect.Major {
		b.mistakef(versionRequirement, "", nil,
			"the function's service_info.protocol_major_version is %d, this proxy speaks %d: use a support library for protocol %d.x",
			major, b.dialect.Major, b.dialect.Major)
	} else {
		b.minor(info) // Of another major version it says nothing.
	}
	if size := info.GetMaxMessageBytes(); size != 0 && size < standardMessage {
		b.mistakef(sizeRequirement, "", nil,
			"the function's service_info.max_message_bytes is %d: give at least %d, or leave it out", size, standardMessage)
	}
	if n := len(info.GetIncarnationId()); n > longestName {
		b.mistakef(incarnationRequirement, "", nil,
			"the function's service_info.incarnation_id has %d bytes: give at most %d, or leave it out", n, longestName)
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
	if spoken := min(newest, b.dialect.Minor); spoken < max(oldest, b.dialect.OldestMinor) {
		major := b.dialect.Major
		b.mistakef(rangeRequirement, "", nil,
			"the function speaks protocol %d.%d to %d.%d, and this proxy %d.%d to %d.%d: use a support library or a proxy of a version that both speak",
			major, oldest, major, newest, major, b.dialect.OldestMinor, major, b.dialect.Minor)
	}
}

// largest returns the largest message in bytes that the function takes.
func largest(info *discoveryv1.ServiceInfo) int {
	return int(min(max(info.GetMaxMessageBytes(), standardMessage), math.MaxInt32))
}
