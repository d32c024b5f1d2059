// Package identity says who calls: it verifies the token that a caller brings, or takes
// the name from the certificate that it has shown.
package identity

import (
	"context"
	"crypto/tls"
	"strings"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// Identity finds out who calls, by tokens, by certificates, or by both. Its methods may be
// called from any goroutine.
type Identity struct {
	// Tokens verifies tokens; nil takes none.
	Tokens *Tokens
	// Naming says what of a certificate is its owner's name; NamedByNothing takes none.
	Naming Naming
}

// Of returns who calls, by the values of the header authorization, and by the connection,
// which is nil without TLS; nil for a caller who does not say. A token comes before a
// certificate (ACC-WHO-003). One that is wrong is a fault.Unauthenticated, however good the
// certificate, and one that cannot be verified now a fault.Unavailable.
func (i *Identity) Of(ctx context.Context, authorization []string, peer *tls.ConnectionState) (*Principal, error) {
	if i.Tokens != nil {
		token, err := bearer(authorization)
		if err != nil {
			return nil, err
		}
		if token != "" {
			return i.Tokens.Verify(ctx, token)
		}
	}
	if i.Naming == NamedByNothing || peer == nil || len(peer.VerifiedChains) == 0 {
		return nil, nil
	}
	return i.Naming.principal(peer.VerifiedChains[0][0])
}

// bearer returns the token in the values of authorization; empty where there is none.
func bearer(values []string) (string, error) {
	token := ""
	for _, value := range values {
		scheme, rest, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "bearer") {
			continue // for the function, perhaps
		}
		if rest = strings.Trim(rest, " "); token != "" || rest == "" {
			return "", fault.New(fault.Unauthenticated, "the header authorization has to bring one bearer token")
		}
		token = rest
	}
	return token, nil
}
