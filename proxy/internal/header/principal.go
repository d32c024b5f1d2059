package header

import (
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// Reserved begins the keys that are the proxy's own: what a command says under one, the
// proxy has said (ACC-RESERVE-001).
const Reserved = "stateward-"

// The keys under which a function is told who calls (ACC-TELL-001).
const (
	Principal       = Reserved + "principal"
	PrincipalIssuer = Reserved + "principal-issuer"
	PrincipalRole   = Reserved + "principal-role" // once for each role
)

// Challenge is the key of a response under which a caller who is not known hears how it
// can be (ACC-ADMIT-004).
const Challenge = "www-authenticate"

// IsReserved reports whether the key is the proxy's own. It is in lower case.
func IsReserved(key string) bool { return strings.HasPrefix(key, Reserved) }

// OfPrincipal returns the entries of a command's metadata that say who calls; nil where
// nobody is named. The entries are those of the metadata.
func OfPrincipal(metadata *entityv1.Metadata) []*entityv1.MetadataEntry {
	var said []*entityv1.MetadataEntry
	for _, entry := range metadata.GetEntries() {
		if IsReserved(entry.GetKey()) {
			said = append(said, entry)
		}
	}
	return said
}

// WithPrincipal returns the metadata, which says nothing of it yet, with the entries that
// say who calls; nil when nothing is left. It shares nothing that is written to with
// metadata.
func WithPrincipal(metadata *entityv1.Metadata, principal []*entityv1.MetadataEntry) *entityv1.Metadata {
	if len(principal) == 0 {
		return metadata
	}
	entries := make([]*entityv1.MetadataEntry, 0, len(metadata.GetEntries())+len(principal))
	entries = append(append(entries, metadata.GetEntries()...), principal...)
	return &entityv1.Metadata{Entries: entries}
}
