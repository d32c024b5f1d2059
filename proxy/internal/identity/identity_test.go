package identity

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"slices"
	"testing"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/identity/identitytest"
)

// shown is a connection on which the certificate was shown and verified.
func shown(leaf *x509.Certificate) *tls.ConnectionState {
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf}}}
}

func leaf() *x509.Certificate {
	return &x509.Certificate{
		Subject:        pkix.Name{CommonName: "cn", OrganizationalUnit: []string{"admin", "clerk"}},
		Issuer:         pkix.Name{CommonName: "house"},
		URIs:           []*url.URL{{Scheme: "spiffe", Host: "shop", Path: "/till"}},
		DNSNames:       []string{"till.shop", "other.shop"},
		EmailAddresses: []string{"ann@shop"},
	}
}

// TestNaming covers ACC-CERT-001.
func TestNaming(t *testing.T) {
	t.Parallel()
	for naming, want := range map[Naming]string{
		NamedByURI: "spiffe://shop/till", NamedByDNS: "till.shop", NamedByEmail: "ann@shop",
		NamedByCommon: "cn", NamedBySubject: "CN=cn,OU=admin+OU=clerk",
	} {
		i := &Identity{Naming: naming}
		p, err := i.Of(t.Context(), nil, shown(leaf()))
		if err != nil || p.Name != want || p.Issuer != "CN=house" || !slices.Equal(p.Roles, []string{"admin", "clerk"}) {
			t.Errorf("%s: %v, %v", naming, p, err)
		}
		if _, err := i.Of(t.Context(), nil, shown(new(x509.Certificate))); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s of none: %v", naming, err)
		}
		if again, err := ParseNaming(string(naming)); again != naming || err != nil {
			t.Error(again, err)
		}
	}
	two := leaf()
	two.URIs = append(two.URIs, two.URIs[0])
	if _, err := (&Identity{Naming: NamedByURI}).Of(t.Context(), nil, shown(two)); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("of two URIs: %v", err)
	}
	if _, err := ParseNaming("nickname"); err == nil {
		t.Error("a naming that nobody knows")
	}
}

// TestWho covers ACC-WHO-001, ACC-WHO-002 and ACC-WHO-003: what counts, and what comes
// first.
func TestWho(t *testing.T) {
	t.Parallel()
	issuer := identitytest.NewIssuer(t, "one")
	tokens := tokensOf(t, keysIn(t, identitytest.Set(t, []*identitytest.Issuer{issuer})), nil)
	good := "Bearer " + issuer.Token(t, nil)
	both := &Identity{Tokens: tokens, Naming: NamedByCommon}
	unverified := shown(leaf())
	unverified.VerifiedChains = nil
	for name, test := range map[string]struct {
		identity *Identity
		headers  []string
		peer     *tls.ConnectionState
		want     string
		wrong    bool
	}{
		"nothing":                      {both, nil, nil, "", false},
		"TLS without a certificate":    {both, nil, new(tls.ConnectionState), "", false},
		"a certificate nobody checked": {both, nil, unverified, "", false},
		"a certificate":                {both, nil, shown(leaf()), "cn", false},
		"a token":                      {both, []string{good}, nil, "ann", false},
		"in another case":              {both, []string{"bEARER" + good[6:]}, nil, "ann", false},
		"both":                         {both, []string{good}, shown(leaf()), "ann", false},
		"a wrong token beside it":      {both, []string{"Bearer x"}, shown(leaf()), "", true},
		"an empty token":               {both, []string{"Bearer "}, nil, "", true},
		"the scheme alone":             {both, []string{"bearer"}, nil, "", true},
		"two tokens":                   {both, []string{good, good}, nil, "", true},
		"another scheme":               {both, []string{"Basic YTpi"}, nil, "", false},
		"another scheme beside":        {both, []string{"Basic YTpi", good}, nil, "ann", false},
		"tokens are not taken":         {&Identity{Naming: NamedByCommon}, []string{good}, shown(leaf()), "cn", false},
		"certificates are not taken":   {&Identity{Tokens: tokens}, nil, shown(leaf()), "", false},
	} {
		p, err := test.identity.Of(t.Context(), test.headers, test.peer)
		name2 := ""
		if p != nil {
			name2 = p.Name
		}
		if name2 != test.want || (err != nil) != test.wrong || err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}
