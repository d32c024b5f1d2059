package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// Algorithms returns those by which a token may be signed where nobody has configured
// others. Each has a private key and a public one: who can verify cannot sign.
func Algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// TokensConfig says which tokens are taken.
type TokensConfig struct {
	// Keys verify the signatures; never nil.
	Keys *Keys
	// Issuer is the claim iss. It is needed.
	Issuer string
	// Audiences are those of which aud has to name one. One is needed: a token for
	// somebody else is none for this proxy.
	Audiences []string
	// Algorithms are some of those that Algorithms returns; empty for all.
	Algorithms []string
	// Leeway is how far the clocks of issuer and proxy may be apart.
	Leeway time.Duration
	// Name is the path of the claim that names the caller; empty for sub.
	Name string
	// Roles is the path of the claim that has its roles, such as realm_access.roles;
	// empty where tokens give none.
	Roles string
	// Required are the values that claims have to have, by their paths.
	Required map[string]string
}

// Tokens verifies tokens. Its methods may be called from any goroutine.
type Tokens struct {
	config     TokensConfig
	algorithms []jose.SignatureAlgorithm
	known      *known
}

// longestToken is how many bytes a token may have. Metadata has no room for more.
const longestToken = 16 << 10

// NewTokens returns what verifies tokens, or says what is wrong with the config.
func NewTokens(config TokensConfig) (*Tokens, error) {
	switch {
	case config.Keys == nil:
		return nil, errors.New("identity: Keys is needed")
	case config.Issuer == "":
		return nil, errors.New("an issuer is needed: whose tokens are taken has to be said")
	case len(config.Audiences) == 0 || slices.Contains(config.Audiences, ""):
		return nil, errors.New("an audience is needed: a token for another service must not be good for this one")
	case config.Leeway < 0 || config.Leeway > 10*time.Minute:
		return nil, fmt.Errorf("a leeway of %v is not between 0 and 10m", config.Leeway)
	}
	if config.Name == "" {
		config.Name = "sub"
	}
	if len(config.Algorithms) == 0 {
		config.Algorithms = Algorithms()
	}
	t := &Tokens{config: config, known: newKnown()}
	for _, algorithm := range config.Algorithms {
		if !slices.Contains(Algorithms(), algorithm) {
			return nil, fmt.Errorf("the algorithm %q is none of %s", algorithm, strings.Join(Algorithms(), ", "))
		}
		t.algorithms = append(t.algorithms, jose.SignatureAlgorithm(algorithm))
	}
	return t, nil
}

// Verify returns who the token says its bearer is. The error is a fault: Unauthenticated
// for a token that is not taken, with the reason; Unavailable while there are no keys.
func (t *Tokens) Verify(ctx context.Context, token string) (*Principal, error) {
	if len(token) > longestToken {
		return nil, fault.New(fault.Unauthenticated, "the token has %d bytes, and may have %d", len(token), longestToken)
	}
	if p := t.known.principal(token, t.config.Keys.set.Load(), time.Now()); p != nil {
		return p, nil
	}
	parsed, err := jwt.ParseSigned(token, t.algorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return nil, t.malformed(token)
	}
	head := parsed.Headers[0]
	set, err := t.config.Keys.of(ctx, head.KeyID)
	if err != nil {
		return nil, err
	}
	claims, err := verified(parsed, set.find(head.KeyID, head.Algorithm))
	if err != nil {
		return nil, err
	}
	principal, end, err := t.principal(claims)
	if err != nil {
		return nil, err
	}
	t.known.add(token, set, principal, end)
	return principal, nil
}

// malformed says what keeps the token from being read. The text of the library may hold
// what the caller has sent.
func (t *Tokens) malformed(token string) error {
	if strings.Count(token, ".") != 2 {
		return fault.New(fault.Unauthenticated, "the token is no signed JWT")
	}
	return fault.New(fault.Unauthenticated, "the token cannot be read, or is not signed by one of %s", strings.Join(t.config.Algorithms, ", "))
}

// verified returns the claims of a token that one of the keys has signed.
func verified(parsed *jwt.JSONWebToken, keys []jose.JSONWebKey) (*claims, error) {
	if len(keys) == 0 {
		return nil, fault.New(fault.Unauthenticated, "the token names a key that its issuer does not have")
	}
	for _, key := range keys {
		found := new(claims)
		err := parsed.Claims(key.Key, &found.registered, &found.all)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, jose.ErrCryptoFailure) { // The signature is right.
			return nil, fault.New(fault.Unauthenticated, "the token cannot be verified, or its claims cannot be read")
		}
	}
	return nil, fault.New(fault.Unauthenticated, "the signature of the token is wrong")
}

// principal returns whom the claims name, and until when they hold.
func (t *Tokens) principal(c *claims) (*Principal, time.Time, error) {
	end, err := t.valid(c.registered)
	if err != nil {
		return nil, end, err
	}
	for path, want := range t.config.Required {
		if got, ok := c.texts(path); !ok || !slices.Contains(got, want) {
			return nil, end, fault.New(fault.Unauthenticated, "the token's claim %s is not as it has to be", path)
		}
	}
	name, ok := c.text(t.config.Name)
	if !ok {
		return nil, end, fault.New(fault.Unauthenticated, "the token has no claim %s that names its bearer", t.config.Name)
	}
	var roles []string
	if t.config.Roles != "" {
		if roles, ok = c.texts(t.config.Roles); !ok {
			return nil, end, fault.New(fault.Unauthenticated, "the token's claim %s is no list of roles", t.config.Roles)
		}
	}
	p, err := newPrincipal(name, c.registered.Issuer, roles, "token")
	return p, end, err
}

// valid checks issuer, audience and times, and returns until when they hold.
func (t *Tokens) valid(c jwt.Claims) (time.Time, error) {
	if c.Expiry == nil {
		return time.Time{}, fault.New(fault.Unauthenticated, "the token has no end: it needs the claim exp")
	}
	err := c.ValidateWithLeeway(jwt.Expected{
		Issuer: t.config.Issuer, AnyAudience: t.config.Audiences, Time: time.Now(),
	}, t.config.Leeway)
	end := c.Expiry.Time().Add(t.config.Leeway)
	switch {
	case err == nil:
		return end, nil
	case errors.Is(err, jwt.ErrExpired):
		return end, fault.New(fault.Unauthenticated, "the token has expired")
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return end, fault.New(fault.Unauthenticated, "the token is not valid yet")
	case errors.Is(err, jwt.ErrInvalidIssuer):
		return end, fault.New(fault.Unauthenticated, "the token is of another issuer")
	case errors.Is(err, jwt.ErrInvalidAudience):
		return end, fault.New(fault.Unauthenticated, "the token is for another audience")
	default:
		return end, fault.New(fault.Unauthenticated, "the token's claims are not valid")
	}
}
