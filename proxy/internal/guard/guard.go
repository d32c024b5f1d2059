// Package guard stands at the door: it finds out who makes a call, and admits or refuses
// it before anything of its request is read.
package guard

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"

	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/identity"
)

// Config is what a guard goes by.
type Config struct {
	// Identity finds out who calls; nil where that is not configured.
	Identity *identity.Identity
	// Rules are those of whoever runs the proxy.
	Rules access.Rules
	// Log is never nil.
	Log *slog.Logger
}

// Guard admits callers. Its methods may be called from any goroutine.
type Guard struct{ config Config }

// health is the service that everybody may ask (ACC-RULE-005).
const health = "grpc.health.v1.Health"

// reflections are the services that rules may name besides the function's.
var reflections = []string{"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}

// New returns a guard, or says what keeps the config from being kept.
func New(config Config) (*Guard, error) {
	switch {
	case config.Log == nil:
		return nil, errors.New("guard: Log is needed")
	case config.Rules.About(health):
		return nil, errors.New(health + " is for everybody: take the rule about it out")
	case config.Identity == nil && config.Rules.NeedsIdentity():
		return nil, errors.New("a rule asks who calls, and nothing says how callers are known: configure tokens or certificates")
	default:
		return &Guard{config: config}, nil
	}
}

// Admit returns who calls the method; nil for somebody who has not said so and need not.
// Annotated are the method's rules of its author, headers those of the call in lower case,
// and peer its connection, nil without TLS. The error is a fault: Unauthenticated, Denied,
// or Unavailable while a token cannot be verified.
func (g *Guard) Admit(ctx context.Context, service, method string, annotated access.Annotated, headers metadata.MD, peer *tls.ConnectionState) (*identity.Principal, error) {
	rule := g.config.Rules.For(service, method, annotated)
	if g.config.Identity == nil {
		if rule == nil || rule.Public {
			return nil, nil
		}
		return nil, fault.New(fault.Unauthenticated, "%s/%s is for callers who are known, and this proxy knows none: it has to be configured how", service, method)
	}
	principal, err := g.config.Identity.Of(ctx, headers["authorization"], peer)
	switch {
	case err != nil:
		return nil, err
	case rule != nil && rule.Public:
		return principal, nil
	case principal == nil:
		return nil, fault.New(fault.Unauthenticated, "%s/%s is for callers who are known: %s", service, method, g.missing())
	case rule != nil && !rule.Admits(principal.Roles):
		return nil, fault.New(fault.Denied, "%q may not call %s/%s", principal.Name, service, method)
	default:
		return principal, nil
	}
}

// missing says what a caller has to bring.
func (g *Guard) missing() string {
	switch {
	case g.config.Identity.Naming == identity.NamedByNothing:
		return "bring a bearer token"
	case g.config.Identity.Tokens == nil:
		return "show a certificate"
	default:
		return "bring a bearer token, or show a certificate"
	}
}

// TakesTokens reports whether a caller is asked for a token, so that an answer can say so
// (ACC-ADMIT-004).
func (g *Guard) TakesTokens() bool {
	return g.config.Identity != nil && g.config.Identity.Tokens != nil
}

// Discovered names in the log what the rules do not fit in what the function serves now:
// rules about what is not there (ACC-RULE-004), and methods that nobody can call for want
// of a way to be known (ACC-RULE-003).
func (g *Guard) Discovered(registry *descriptor.Registry) {
	for _, pattern := range g.config.Rules.Unmatched(func(service, method string) bool { return has(registry, service, method) }) {
		g.config.Log.Warn("a rule of access is about what the function does not have", "rule", pattern, "services", registry.Names())
	}
	if g.config.Identity != nil {
		return
	}
	var closed []string
	for _, name := range registry.Names() {
		service, _ := registry.Service(name)
		for _, method := range service.Methods() {
			if rule := g.config.Rules.For(name, method.Name, method.Access); rule != nil && !rule.Public {
				closed = append(closed, name+"/"+method.Name)
			}
		}
	}
	if len(closed) > 0 {
		g.config.Log.Warn("the function's options keep methods for callers who are known, and this proxy knows none: nobody can call them"+
			" until it is configured how callers are known, or a rule of access for the method makes it public", "methods", closed)
	}
}

// has reports whether there is such a service, or such a method of it.
func has(registry *descriptor.Registry, service, method string) bool {
	if slices.Contains(reflections, service) {
		return method == "" || method == "ServerReflectionInfo"
	}
	if method == "" {
		_, ok := registry.Service(service)
		return ok
	}
	_, ok := registry.Method(service, method)
	return ok
}
