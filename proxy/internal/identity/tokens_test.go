package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/identity/identitytest"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// keysIn opens the keys in a file that holds the set.
func keysIn(t testing.TB, set []byte) *Keys {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, set, 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := ParseSource(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := OpenKeys(t.Context(), KeysConfig{
		Source: source, Every: time.Minute, Least: time.Hour, Patience: time.Millisecond, Log: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	keys.asked = time.Now()
	return keys
}

func tokensOf(t testing.TB, keys *Keys, change func(*TokensConfig)) *Tokens {
	t.Helper()
	config := TokensConfig{
		Keys: keys, Issuer: identitytest.Name, Audiences: []string{"other", identitytest.Audience}, Leeway: 30 * time.Second,
	}
	if change != nil {
		change(&config)
	}
	tokens, err := NewTokens(config)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// signer signs by the algorithm with the key.
func signer(t testing.TB, algorithm jose.SignatureAlgorithm, key any, id string) jose.Signer {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unsigned is a token with that head and the claims of another.
func unsigned(head, token string) string {
	_, rest, _ := strings.Cut(token, ".")
	claims, _, _ := strings.Cut(rest, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + claims + "."
}

// TestTokens covers ACC-TOKEN-001 and ACC-TOKEN-002: which tokens are taken.
func TestTokens(t *testing.T) {
	t.Parallel()
	issuer, stranger := identitytest.NewIssuer(t, "one"), identitytest.NewIssuer(t, "one")
	unknown := identitytest.NewIssuer(t, "two")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	bits384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)
	set := identitytest.Set(t, []*identitytest.Issuer{issuer},
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "rsa"},
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "rsa-pss", Algorithm: "PS256"},
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "rsa-enc", Use: "enc"},
		jose.JSONWebKey{Key: bits384.Public(), KeyID: "384"},
		jose.JSONWebKey{Key: edwards.Public(), KeyID: "ed"},
		jose.JSONWebKey{Key: []byte("a secret that is long enough for anybody"), KeyID: "shared"})
	tokens := tokensOf(t, keysIn(t, set), func(c *TokensConfig) { c.Required = map[string]string{"env": "live"} })
	live := func(more map[string]any) map[string]any {
		all := map[string]any{"env": "live"}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	now := time.Now()
	good := issuer.Token(t, live(nil))
	parts := strings.Split(good, ".")
	for name, test := range map[string]struct {
		token string
		want  string // part of why it is not taken; empty for one that is
	}{
		"good":                      {good, ""},
		"RSA":                       {identitytest.Sign(t, signer(t, jose.RS256, rsaKey, "rsa"), live(nil)), ""},
		"ed25519":                   {identitytest.Sign(t, signer(t, jose.EdDSA, edwards, "ed"), live(nil)), ""},
		"without the id of its key": {identitytest.Sign(t, signer(t, jose.RS512, rsaKey, ""), live(nil)), ""},
		"one audience of several":   {issuer.Token(t, live(map[string]any{"aud": []string{"x", "shop"}})), ""},
		"expired within the leeway": {issuer.Token(t, live(map[string]any{"exp": now.Add(-20 * time.Second).Unix()})), ""},
		"not before, in the leeway": {issuer.Token(t, live(map[string]any{"nbf": now.Add(20 * time.Second).Unix()})), ""},

		"expired":                    {issuer.Token(t, live(map[string]any{"exp": now.Add(-time.Minute).Unix()})), "expired"},
		"without an end":             {issuer.Token(t, live(map[string]any{"exp": nil})), "no end"},
		"not valid yet":              {issuer.Token(t, live(map[string]any{"nbf": now.Add(time.Minute).Unix()})), "not valid yet"},
		"issued in the future":       {issuer.Token(t, live(map[string]any{"iat": now.Add(time.Hour).Unix()})), "not valid yet"},
		"of another issuer":          {issuer.Token(t, live(map[string]any{"iss": "https://evil.test"})), "another issuer"},
		"of no issuer":               {issuer.Token(t, live(map[string]any{"iss": nil})), "another issuer"},
		"for another audience":       {issuer.Token(t, live(map[string]any{"aud": "bank"})), "another audience"},
		"for no audience":            {issuer.Token(t, live(map[string]any{"aud": nil})), "another audience"},
		"without the required claim": {issuer.Token(t, nil), "env"},
		"with another value there":   {issuer.Token(t, map[string]any{"env": "test"}), "env"},
		"without a name":             {issuer.Token(t, live(map[string]any{"sub": nil})), "no claim sub"},
		"with a name that is none":   {issuer.Token(t, live(map[string]any{"sub": 7})), "cannot be read"},
		"with a name of two lines":   {issuer.Token(t, live(map[string]any{"sub": "a\nb"})), "cannot be passed on"},
		"with too long a name":       {issuer.Token(t, live(map[string]any{"sub": strings.Repeat("a", 1025)})), "cannot be passed on"},
		"of another key, same id":    {stranger.Token(t, live(nil)), "signature"},
		"of a key nobody knows":      {unknown.Token(t, live(nil)), "does not have"},
		"changed":                    {parts[0] + "." + parts[1] + "x." + parts[2], "token"},
		"of another signature":       {parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "signature"},
		"of no signature":            {parts[0] + "." + parts[1] + ".", "token"},
		"alg none":                   {unsigned(`{"alg":"none"}`, good), "cannot be read"},
		"alg None, kid":              {unsigned(`{"alg":"None","kid":"one"}`, good), "cannot be read"},
		"no alg":                     {unsigned(`{"kid":"one"}`, good), "cannot be read"},
		"HS256 with the RSA key":     {identitytest.Sign(t, signer(t, jose.HS256, public, "rsa"), live(nil)), "cannot be read"},
		"HS256 with a listed secret": {identitytest.Sign(t, signer(t, jose.HS256, []byte("a secret that is long enough for anybody"), "shared"), live(nil)), "cannot be read"},
		"RS256 with a PS256 key":     {identitytest.Sign(t, signer(t, jose.RS256, rsaKey, "rsa-pss"), live(nil)), "does not have"},
		"a key for encryption":       {identitytest.Sign(t, signer(t, jose.RS256, rsaKey, "rsa-enc"), live(nil)), "does not have"},
		"RS256 under an EC key's id": {identitytest.Sign(t, signer(t, jose.RS256, rsaKey, "384"), live(nil)), "signature"},
		"a part critical":            {unsigned(`{"alg":"ES256","kid":"one","crit":["x"],"x":1}`, good) + parts[2], "token"},
		"two ends":                   {twice(t, good), "token"},
		"empty":                      {"", "no signed JWT"},
		"no token":                   {"abc", "no signed JWT"},
		"dots":                       {"..", "cannot be read"},
		"huge":                       {strings.Repeat("a", longestToken+1), "bytes"},
	} {
		for range 2 { // the second time, perhaps from memory
			p, err := tokens.Verify(t.Context(), test.token)
			switch {
			case test.want == "" && (err != nil || p.Name != "ann" || p.Issuer != identitytest.Name):
				t.Errorf("%s: %v, %v", name, p, err)
			case test.want != "" && (fault.KindOf(err) != fault.Unauthenticated || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s: %v, %v, want %q", name, p, err, test.want)
			}
		}
	}
}

// twice is the token with a second claim exp, which no signature covers.
func twice(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.TrimSuffix(string(claims), "}") + `,"exp":9999999999}`
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

// TestRoles covers ACC-TOKEN-003 and ACC-TELL-003: name and roles come from the claims that are configured.
func TestRoles(t *testing.T) {
	t.Parallel()
	issuer := identitytest.NewIssuer(t, "one")
	keys := keysIn(t, identitytest.Set(t, []*identitytest.Issuer{issuer}))
	for name, test := range map[string]struct {
		path   string
		claims map[string]any
		want   []string
		wrong  bool
	}{
		"none asked":        {"", map[string]any{"roles": []string{"a"}}, nil, false},
		"none there":        {"roles", nil, nil, false},
		"a list":            {"roles", map[string]any{"roles": []string{"b", "a"}}, []string{"b", "a"}, false},
		"deep":              {"realm_access.roles", map[string]any{"realm_access": map[string]any{"roles": []string{"a"}}}, []string{"a"}, false},
		"a name with dots":  {"https://a.b/roles", map[string]any{"https://a.b/roles": []string{"a"}}, []string{"a"}, false},
		"words":             {"scope", map[string]any{"scope": "read write"}, []string{"read", "write"}, false},
		"through a list":    {"a.b", map[string]any{"a": []string{"b"}}, nil, false},
		"numbers":           {"roles", map[string]any{"roles": []int{1}}, nil, true},
		"an object":         {"roles", map[string]any{"roles": map[string]any{"a": 1}}, nil, true},
		"an empty role":     {"roles", map[string]any{"roles": []string{""}}, nil, true},
		"far too many":      {"roles", map[string]any{"roles": slices.Repeat([]string{"a"}, 200)}, nil, true},
		"a role of control": {"roles", map[string]any{"roles": []string{"a\x00"}}, nil, true},
	} {
		tokens := tokensOf(t, keys, func(c *TokensConfig) { c.Roles, c.Name = test.path, "email" })
		claims := map[string]any{"email": "ann@shop"}
		for name, value := range test.claims {
			claims[name] = value
		}
		p, err := tokens.Verify(t.Context(), issuer.Token(t, claims))
		if test.wrong {
			if fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("%s: %v, %v", name, p, err)
			}
			continue
		}
		if err != nil || p.Name != "ann@shop" || !slices.Equal(p.Roles, test.want) || len(p.Entries()) != 2+len(test.want) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

func TestTokensConfig(t *testing.T) {
	t.Parallel()
	keys := keysIn(t, identitytest.Set(t, []*identitytest.Issuer{identitytest.NewIssuer(t, "a")}))
	for want, config := range map[string]TokensConfig{
		"Keys":      {Issuer: "a", Audiences: []string{"b"}},
		"issuer":    {Keys: keys, Audiences: []string{"b"}},
		"audience":  {Keys: keys, Issuer: "a"},
		"HS256":     {Keys: keys, Issuer: "a", Audiences: []string{"b"}, Algorithms: []string{"ES256", "HS256"}},
		"none":      {Keys: keys, Issuer: "a", Audiences: []string{"b"}, Algorithms: []string{"none"}},
		"10m":       {Keys: keys, Issuer: "a", Audiences: []string{"b"}, Leeway: time.Hour},
		"of -1s is": {Keys: keys, Issuer: "a", Audiences: []string{"b"}, Leeway: -time.Second},
	} {
		if _, err := NewTokens(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	tokens := tokensOf(t, keys, func(c *TokensConfig) { c.Algorithms = []string{"RS256"} })
	if _, err := tokens.Verify(t.Context(), identitytest.NewIssuer(t, "a").Token(t, nil)); err == nil || !strings.Contains(err.Error(), "RS256") {
		t.Errorf("an algorithm that is not allowed: %v", err)
	}
}

// What is remembered has a bound, and ends with its token.
func TestKnown(t *testing.T) {
	t.Parallel()
	known, set, now := newKnown(), new(keySet), time.Now()
	p := &Principal{Name: "ann"}
	for n := range mostKnown {
		known.add(string(rune(n)), set, p, now.Add(time.Hour))
	}
	known.add("over", set, p, now.Add(time.Minute))
	if n := len(known.tokens); n != mostKnown {
		t.Errorf("%d are remembered", n)
	}
	if known.principal("over", set, now) != p || known.principal("over", set, now.Add(time.Minute)) != nil || known.principal("over", new(keySet), now) != nil {
		t.Error("what is remembered does not end with its token, or with its keys")
	}
}

// A call with a token that is known costs no more than the bytes that are hashed.
func TestKnownAllocates(t *testing.T) {
	issuer := identitytest.NewIssuer(t, "one")
	tokens := tokensOf(t, keysIn(t, identitytest.Set(t, []*identitytest.Issuer{issuer})), nil)
	token := issuer.Token(t, nil)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := tokens.Verify(context.Background(), token); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzToken(f *testing.F) {
	issuer := identitytest.NewIssuer(f, "one")
	tokens := tokensOf(f, keysIn(f, identitytest.Set(f, []*identitytest.Issuer{issuer})), func(c *TokensConfig) { c.Roles = "roles" })
	good := issuer.Token(f, nil)
	for _, seed := range []string{good, unsigned(`{"alg":"none"}`, good), "a.b.c", "..", "", `{"payload":""}`, good + "." + good} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := tokens.Verify(context.Background(), token)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v, %v", p, err)
		}
		if p != nil && (p.Name != "ann" || len(p.Roles) > 0) { // Bits behind the end of base64 are nobody's.
			t.Fatalf("%q was taken for %v, and nobody has signed that", token, p)
		}
		if err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Fatalf("%q: %v", token, err)
		}
	})
}
