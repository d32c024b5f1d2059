// Package identitytest is an issuer of tokens, for tests.
package identitytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Name and Audience are in the tokens of every issuer where a test gives no others.
const (
	Name     = "https://issuer.test"
	Audience = "shop"
)

// Issuer signs tokens by ES256 with one key.
type Issuer struct {
	// ID is the key's.
	ID     string
	signer jose.Signer
	public crypto.PublicKey
}

// NewIssuer returns an issuer with a new key.
func NewIssuer(t testing.TB, id string) *Issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Issuer{ID: id, signer: signer, public: key.Public()}
}

// Token signs the claims, which go over the standard ones: a nil value takes one out.
func (i *Issuer) Token(t testing.TB, claims map[string]any) string {
	t.Helper()
	return Sign(t, i.signer, claims)
}

// Sign signs the claims as Token does.
func Sign(t testing.TB, signer jose.Signer, claims map[string]any) string {
	t.Helper()
	all := map[string]any{
		"iss": Name, "aud": Audience, "sub": "ann",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range claims {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	token, err := jwt.Signed(signer).Claims(all).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Set is the JWK set of the issuers, and of the further keys.
func Set(t testing.TB, issuers []*Issuer, further ...jose.JSONWebKey) []byte {
	t.Helper()
	set := jose.JSONWebKeySet{Keys: further}
	for _, i := range issuers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: i.public, KeyID: i.ID, Algorithm: string(jose.ES256), Use: "sig"})
	}
	data, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
