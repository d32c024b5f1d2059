package identity

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// Naming says what of a certificate is its owner's name. There is one at a time: a name of
// one sort could else be written like one of another.
type Naming string

// The namings.
const (
	NamedByNothing Naming = ""            // certificates name nobody
	NamedByURI     Naming = "uri"         // the one URI, such as a SPIFFE id
	NamedByDNS     Naming = "dns"         // the first DNS name
	NamedByEmail   Naming = "email"       // the first e-mail address
	NamedByCommon  Naming = "common-name" // the subject's common name
	NamedBySubject Naming = "subject"     // the subject's distinguished name
)

// Namings returns the words that say how a certificate names its owner.
func Namings() []string {
	return []string{string(NamedByURI), string(NamedByDNS), string(NamedByEmail), string(NamedByCommon), string(NamedBySubject)}
}

// ParseNaming reads a word of Namings, or nothing.
func ParseNaming(word string) (Naming, error) {
	if word == "" || slices.Contains(Namings(), word) {
		return Naming(word), nil
	}
	return NamedByNothing, fmt.Errorf("%q is none of %s", word, strings.Join(Namings(), ", "))
}

// principal is the owner of a certificate that has been verified. Its roles are the
// organizational units.
func (n Naming) principal(leaf *x509.Certificate) (*Principal, error) {
	name := n.name(leaf)
	if name == "" {
		return nil, fault.New(fault.Unauthenticated, "the certificate has no %s, by which callers are named here", n)
	}
	return newPrincipal(name, leaf.Issuer.String(), leaf.Subject.OrganizationalUnit, "certificate")
}

func (n Naming) name(leaf *x509.Certificate) string {
	switch {
	case n == NamedByURI && len(leaf.URIs) == 1: // of several, none is the name
		return leaf.URIs[0].String()
	case n == NamedByDNS && len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	case n == NamedByEmail && len(leaf.EmailAddresses) > 0:
		return leaf.EmailAddresses[0]
	case n == NamedByCommon:
		return leaf.Subject.CommonName
	case n == NamedBySubject:
		return leaf.Subject.String()
	default:
		return ""
	}
}
