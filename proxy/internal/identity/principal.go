package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// What a principal may have, in bytes. It travels in the metadata of every command that
// follows from its call, beside what a function gives along.
const (
	longestName = 1 << 10 // of a name, an issuer, or a role
	largestSaid = 4 << 10 // of all that is said of it, keys included
)

// Principal is who calls. It is not written to.
type Principal struct {
	// Name is the caller's, among those of its issuer.
	Name string
	// Issuer is who vouches for it.
	Issuer string
	// Roles are what it may be admitted for, in the order of their source.
	Roles []string

	entries []*entityv1.MetadataEntry
}

// Entries are what a function is told of the principal (ACC-TELL-001). They are shared, and
// not written to. Of nobody there are none.
func (p *Principal) Entries() []*entityv1.MetadataEntry {
	if p == nil {
		return nil
	}
	return p.entries
}

// newPrincipal returns the principal, or a fault.Unauthenticated that says what of it no
// principal can have. By is what vouches for it.
func newPrincipal(name, issuer string, roles []string, by string) (*Principal, error) {
	p := &Principal{Name: name, Issuer: issuer, Roles: roles}
	for _, pair := range [][2]string{{header.Principal, name}, {header.PrincipalIssuer, issuer}} {
		if !fit(pair[1]) {
			return nil, fault.New(fault.Unauthenticated, "the %s says a name that cannot be passed on: it has to have 1 to %d bytes of printable text", by, longestName)
		}
		p.entries = append(p.entries, entry(pair[0], pair[1]))
	}
	for _, role := range roles {
		if !fit(role) {
			return nil, fault.New(fault.Unauthenticated, "the %s gives a role that cannot be passed on: it has to have 1 to %d bytes of printable text", by, longestName)
		}
		p.entries = append(p.entries, entry(header.PrincipalRole, role))
	}
	if size := header.Size(&entityv1.Metadata{Entries: p.entries}); size > largestSaid {
		return nil, fault.New(fault.Unauthenticated, "the %s gives names and roles that come to %d bytes as metadata, and may give %d", by, size, largestSaid)
	}
	return p, nil
}

// fit reports whether the text can be a name: what has control characters in it is none,
// and reads as something else in a log.
func fit(text string) bool {
	return text != "" && len(text) <= longestName && utf8.ValidString(text) && strings.IndexFunc(text, unicode.IsControl) < 0
}

func entry(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}
