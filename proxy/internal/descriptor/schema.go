package descriptor

import (
	"crypto/sha256"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Schema says which descriptors an answer has. It is comparable; whoever keeps the
// state keeps the last one beside it, for the next answer to be compared with.
type Schema struct {
	// Fingerprint is the function's own name for them; empty where it has given none.
	Fingerprint string
	// Sum is the SHA-256 of the serialized descriptors.
	Sum [sha256.Size]byte
}

func schemaOf(answer *discoveryv1.DiscoverResponse) Schema {
	return Schema{
		Fingerprint: answer.GetServiceInfo().GetSchemaFingerprint(),
		Sum:         sha256.Sum256(answer.GetProto()),
	}
}

// Drifted reports whether the function itself says that its descriptors are no
// longer those of the last answer without a mistake (DISC-DRIFT-002).
func (s Schema) Drifted(last Schema) bool {
	return s.Fingerprint != "" && last.Fingerprint != "" && s.Fingerprint != last.Fingerprint
}

// Drift returns the mistake of an answer that calls other descriptors by the name of
// those of the last answer without a mistake (DISC-DRIFT-003), if it is one. The
// answer is served.
func (s Schema) Drift(last Schema) []Mistake {
	if s.Fingerprint == "" || s.Fingerprint != last.Fingerprint || s.Sum == last.Sum {
		return nil
	}
	return []Mistake{{
		Severity:    discoveryv1.Severity_SEVERITY_WARNING,
		Requirement: driftRequirement,
		Text: "the function's descriptors have changed, and its service_info.schema_fingerprint is still " + s.Fingerprint +
			": give another one for other descriptors, such as their SHA-256",
	}}
}
