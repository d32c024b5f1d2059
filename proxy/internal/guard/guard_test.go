package guard_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/guard"
	"github.com/stateward/stateward/proxy/internal/identity"
	"github.com/stateward/stateward/proxy/internal/identity/identitytest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// known is an identity that takes the issuer's tokens, with the roles in the claim roles,
// and certificates by their common names.
func known(t testing.TB, issuer *identitytest.Issuer) *identity.Identity {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, identitytest.Set(t, []*identitytest.Issuer{issuer}), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := identity.ParseSource(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := identity.OpenKeys(t.Context(), identity.KeysConfig{Source: source, Every: time.Minute, Least: time.Minute, Patience: time.Millisecond, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := identity.NewTokens(identity.TokensConfig{Keys: keys, Issuer: identitytest.Name, Audiences: []string{identitytest.Audience}, Roles: "roles"})
	if err != nil {
		t.Fatal(err)
	}
	return &identity.Identity{Tokens: tokens, Naming: identity.NamedByCommon}
}

// TestAdmit covers ACC-ADMIT-002, ACC-ADMIT-003, ACC-RULE-001 and ACC-RULE-003: who may
// call, with a way to be known and without.
func TestAdmit(t *testing.T) {
	t.Parallel()
	issuer := identitytest.NewIssuer(t, "one")
	who := known(t, issuer)
	rules, err := access.ParseRules([]string{"shop.Cart/Get=public", "shop.Cart/Empty=role:boss|owner"})
	if err != nil {
		t.Fatal(err)
	}
	open, err := access.ParseRules([]string{"shop.Cart/Get=public"})
	if err != nil {
		t.Fatal(err)
	}
	bearer := func(roles ...string) metadata.MD {
		return metadata.Pairs("authorization", "Bearer "+issuer.Token(t, map[string]any{"roles": roles}))
	}
	leaf := &x509.Certificate{Issuer: pkix.Name{CommonName: "house"}, Subject: pkix.Name{CommonName: "till", OrganizationalUnit: []string{"owner"}}}
	shown := &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf}}}
	boss, public := access.Of("boss"), access.Public()
	wrong := metadata.Pairs("authorization", "Bearer nonsense")
	none := fault.Kind(255)
	for name, test := range map[string]struct {
		identity  *identity.Identity
		rules     access.Rules
		method    string
		annotated access.Annotated
		headers   metadata.MD
		peer      *tls.ConnectionState
		principal string
		refused   fault.Kind
	}{
		"nothing said, nobody":              {who, rules, "Add", access.Annotated{}, nil, nil, "", fault.Unauthenticated},
		"nothing said, a token":             {who, rules, "Add", access.Annotated{}, bearer(), nil, "ann", none},
		"nothing said, a certificate":       {who, rules, "Add", access.Annotated{}, nil, shown, "till", none},
		"public, nobody":                    {who, rules, "Get", access.Annotated{}, nil, nil, "", none},
		"public, a token":                   {who, rules, "Get", access.Annotated{}, bearer(), nil, "ann", none},
		"public, a wrong token":             {who, rules, "Get", access.Annotated{}, wrong, nil, "", fault.Unauthenticated},
		"a role, nobody":                    {who, rules, "Empty", access.Annotated{}, nil, nil, "", fault.Unauthenticated},
		"a role, without it":                {who, rules, "Empty", access.Annotated{}, bearer("clerk"), nil, "", fault.Denied},
		"a role, with it":                   {who, rules, "Empty", access.Annotated{}, bearer("clerk", "boss"), nil, "ann", none},
		"a role, in a certificate":          {who, rules, "Empty", access.Annotated{}, nil, shown, "till", none},
		"public by its author":              {who, rules, "Add", access.Annotated{Method: &public}, nil, nil, "", none},
		"a role by its author":              {who, rules, "Add", access.Annotated{Service: &boss}, bearer(), nil, "", fault.Denied},
		"nobody is known, nothing said":     {nil, open, "Add", access.Annotated{}, bearer(), shown, "", none},
		"nobody is known, public":           {nil, open, "Get", access.Annotated{Method: &boss}, wrong, nil, "", none},
		"nobody is known, one is asked for": {nil, open, "Add", access.Annotated{Method: &boss}, bearer("boss"), nil, "", fault.Unauthenticated},
	} {
		g, err := guard.New(guard.Config{Identity: test.identity, Rules: test.rules, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Admit(t.Context(), "shop.Cart", test.method, test.annotated, test.headers, test.peer)
		got := ""
		if p != nil {
			got = p.Name
		}
		if test.refused == none && (err != nil || got != test.principal) || test.refused != none && (err == nil || fault.KindOf(err) != test.refused || p != nil) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
		if g.TakesTokens() != (test.identity != nil) {
			t.Errorf("%s: whether tokens are taken", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"grpc.health.v1.Health/*=public": "everybody",
		"*=authenticated":                "how callers are known",
		"a.B/C=role:x":                   "how callers are known",
	} {
		rules, err := access.ParseRules([]string{rule})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := guard.New(guard.Config{Rules: rules, Log: quiet()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := guard.New(guard.Config{}); err == nil {
		t.Error("a guard without a log")
	}
}

// TestDiscovered covers ACC-RULE-003 and ACC-RULE-004: what does not fit is named.
func TestDiscovered(t *testing.T) {
	t.Parallel()
	registry, mistakes := descriptor.Build(wire.V1(), descriptortest.Answer(descriptortest.Files()))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	add, _ := registry.Method(descriptortest.Service, "Add")
	boss := access.Of("boss")
	add.Access.Method = &boss
	rules, err := access.ParseRules([]string{
		descriptortest.Service + "/Get=public", descriptortest.Service + "/Gett=public", "shop.Nowhere/*=public",
		"grpc.reflection.v1.ServerReflection/*=public", "grpc.reflection.v1alpha.ServerReflection/Info=public",
	})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	g, err := guard.New(guard.Config{Rules: rules, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	g.Discovered(registry)
	for _, want := range []string{"Gett", "shop.Nowhere/*", "v1alpha.ServerReflection/Info", descriptortest.Service + "/Add]"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not named:\n%s", want, &log)
		}
	}
	if strings.Count(log.String(), "level=WARN") != 4 {
		t.Errorf("named are:\n%s", &log)
	}
}

// With nobody to be known, a call costs nothing.
func TestAdmitAllocates(t *testing.T) {
	g, err := guard.New(guard.Config{Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := g.Admit(t.Context(), "shop.Cart", "Get", access.Annotated{}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
