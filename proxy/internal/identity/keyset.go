package identity

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

const (
	// mostKeys is how many keys a set may have.
	mostKeys = 256
	// smallestRSA is how many bits an RSA key has at least.
	smallestRSA = 2048
)

// keySet holds the public keys of an issuer. It is not written to.
type keySet struct {
	keys []jose.JSONWebKey
	data []byte // of which it was made
}

// parseKeySet reads a JWK set. Keys that verify no signature here are left out: those of a
// type that is not known, shared secrets, and those for encryption. A private key is an
// error: it has no place in what is handed around.
func parseKeySet(data []byte) (*keySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("it is no JWK set: %w", err)
	}
	if len(set.Keys) > mostKeys {
		return nil, fmt.Errorf("it has %d keys, and may have %d", len(set.Keys), mostKeys)
	}
	found := &keySet{data: data}
	for n, raw := range set.Keys {
		var key jose.JSONWebKey
		err := key.UnmarshalJSON(raw)
		switch {
		case errors.Is(err, jose.ErrUnsupportedKeyType):
			continue
		case err != nil:
			return nil, fmt.Errorf("its key %d cannot be read: %w", n+1, err)
		}
		if _, secret := key.Key.([]byte); secret || key.Use != "" && key.Use != "sig" {
			continue
		}
		if !key.IsPublic() {
			return nil, fmt.Errorf("its key %d is private: whoever has read it can be anybody; make a new one, and list the public half", n+1)
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < smallestRSA {
			return nil, fmt.Errorf("its key %d has %d bits, and RSA needs %d", n+1, public.N.BitLen(), smallestRSA)
		}
		found.keys = append(found.keys, key)
	}
	if len(found.keys) == 0 {
		return nil, errors.New("it has no public key that verifies signatures")
	}
	return found, nil
}

// find returns the keys that may have made a signature: those of the id, or all where
// none is said. A key that names an algorithm is good for that alone.
func (s *keySet) find(id, algorithm string) []jose.JSONWebKey {
	var found []jose.JSONWebKey
	for _, key := range s.keys {
		if (id == "" || key.KeyID == id) && (key.Algorithm == "" || key.Algorithm == algorithm) {
			found = append(found, key)
		}
	}
	return found
}

// has reports whether a key has the id.
func (s *keySet) has(id string) bool {
	for _, key := range s.keys {
		if key.KeyID == id {
			return true
		}
	}
	return false
}

// same reports whether the bytes are those that the set was made of.
func (s *keySet) same(data []byte) bool { return s != nil && bytes.Equal(s.data, data) }
