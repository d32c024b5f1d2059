package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/certificate"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/guard"
	"github.com/stateward/stateward/proxy/internal/identity"
	"github.com/stateward/stateward/proxy/internal/setting"
)

const (
	// filesEvery is how often certificates and keys in files are read.
	filesEvery = 10 * time.Second
	// keysEvery is how often an issuer is asked for its keys, and keysLeast lies between two
	// questions, whatever tokens come. A call waits as long as keysPatience for them.
	keysEvery    = 10 * time.Minute
	keysLeast    = 30 * time.Second
	keysPatience = 5 * time.Second
)

// security is what keeps strangers out. The zero one lets everybody in.
type security struct {
	callers, function, admin *certificate.Keeper // nil without TLS
	keys                     *identity.Keys      // nil where no tokens are taken
	guard                    *guard.Guard
}

// openSecurity reads the files that the config names, and refuses what is wrong with them.
func (c *Config) openSecurity(ctx context.Context) (*security, error) {
	s := new(security)
	for _, side := range []struct {
		name   string // of the setting that a mistake is about
		wanted bool
		files  TLSFiles
		keeper **certificate.Keeper
	}{
		{"tls-cert", c.Security.Callers.Certificate != "", c.Security.Callers, &s.callers},
		{"function-tls", c.Security.FunctionTLS, c.Security.Function, &s.function},
		{"admin-tls-cert", c.Security.Admin.Certificate != "", c.Security.Admin, &s.admin},
	} {
		if !side.wanted {
			continue
		}
		var err error
		*side.keeper, err = certificate.Open(certificate.Config{
			Files: certificate.Files(side.files), Every: filesEvery, Log: c.Log,
		})
		if err != nil {
			return nil, setting.Wrongf(side.name, "%w", err)
		}
	}
	rules, err := c.Security.rules()
	if err != nil {
		return nil, setting.Wrongf("access", "%w", err)
	}
	known, err := s.identity(ctx, c)
	if err != nil {
		return nil, err
	}
	if s.guard, err = guard.New(guard.Config{Identity: known, Rules: rules, Log: c.Log}); err != nil {
		return nil, setting.Wrongf("access", "%w", err)
	}
	return s, nil
}

// identity is how callers are known; nil where they are not.
func (s *security) identity(ctx context.Context, c *Config) (*identity.Identity, error) {
	own := &c.Security
	if own.Keys == "" && !own.named() {
		return nil, nil
	}
	naming, err := own.naming()
	if err != nil {
		return nil, setting.Wrongf("identity-certificate", "%w", err)
	}
	known := &identity.Identity{Naming: naming}
	if own.Keys == "" {
		return known, nil
	}
	source, err := identity.ParseSource(own.Keys, http.DefaultTransport)
	if err != nil {
		return nil, setting.Wrongf("identity-keys", "%w", err)
	}
	s.keys, err = identity.OpenKeys(ctx, identity.KeysConfig{
		Source: source, Every: keysEvery, Least: keysLeast, Patience: keysPatience, Log: c.Log,
	})
	if err != nil {
		return nil, setting.Wrongf("identity-keys", "%w", err)
	}
	known.Tokens, err = identity.NewTokens(identity.TokensConfig{
		Keys: s.keys, Issuer: own.Issuer, Audiences: own.Audiences, Algorithms: own.Algorithms, Leeway: own.Leeway,
		Name: own.NameClaim, Roles: own.RolesClaim, Required: own.Claims,
	})
	if err != nil {
		return nil, setting.Wrongf("identity-keys", "%w", err)
	}
	return known, nil
}

// run keeps what was read from files and addresses in step with them, until ctx ends.
func (s *security) run(ctx context.Context) {
	var running sync.WaitGroup
	for _, keeper := range []*certificate.Keeper{s.callers, s.function, s.admin} {
		if keeper != nil {
			running.Go(func() { keeper.Run(ctx) })
		}
	}
	if s.keys != nil {
		running.Go(func() { s.keys.Run(ctx) })
	}
	running.Wait()
}

// forCallers is the TLS of the service port; nil without.
func (s *security) forCallers(c *Config) *tls.Config {
	if s.callers == nil {
		return nil
	}
	asking := certificate.AskNobody
	switch {
	case c.Security.Callers.Authorities == "":
	case c.Security.ClientAuth == clientOptional:
		asking = certificate.AskAndTakeNone
	default:
		asking = certificate.Insist
	}
	return s.callers.Server(asking, "h2", "http/1.1")
}

// forFunction returns the TLS of a connection to the function; nil without.
func (s *security) forFunction(c *Config) func() *tls.Config {
	if s.function == nil {
		return nil
	}
	_, address, _ := function.ParseTarget(c.Function) // which has been validated
	host, _, _ := net.SplitHostPort(address)          // a socket's path has none
	name := cmp.Or(c.Security.FunctionName, host)
	return func() *tls.Config { return s.function.Client(name) }
}

// rules are those of access.
func (s *Security) rules() (access.Rules, error) {
	texts := make([]string, 0, len(s.Access))
	for pattern, rule := range s.Access {
		texts = append(texts, pattern+"="+rule)
	}
	return access.ParseRules(texts)
}
