package app

import (
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/identity"
	"github.com/stateward/stateward/proxy/internal/setting"
)

// TLSFiles are the files of one side of TLS, in PEM: its certificate with what leads to an
// authority, its key, and the authorities that may vouch for the other side.
type TLSFiles struct{ Certificate, Key, Authorities string }

// Security says who may connect to whom, how callers are known, and what they may call. The
// zero one is without TLS, knows nobody and lets everybody call.
type Security struct {
	// Callers is the TLS of the service port: with Authorities its callers are asked for
	// certificates, which ClientAuth, require or optional, says they need.
	Callers    TLSFiles
	ClientAuth string
	// FunctionTLS speaks TLS to the function, whose certificate has to be for FunctionName,
	// or where that is empty for the host in Config.Function.
	FunctionTLS  bool
	FunctionName string
	Function     TLSFiles
	// Admin is the TLS of the admin port. AdminOpen lets everybody who reaches it do what
	// operators do.
	Admin     TLSFiles
	AdminOpen bool
	// Keys is where the JWK set is that verifies tokens: a file, or an https URL. Issuer
	// and Audiences are what tokens have to say, Algorithms how they may be signed, Claims
	// what else they have to say, NameClaim and RolesClaim where it stands who calls.
	Keys, Issuer          string
	Audiences, Algorithms []string
	Leeway                time.Duration
	NameClaim, RolesClaim string
	Claims                map[string]string
	// Naming says what of a caller's certificate is its name; empty or none for nothing.
	Naming string
	// Access has rules by what they are about: SERVICE/METHOD, SERVICE/* or *. A rule is
	// public, authenticated, or role:NAME|NAME.
	Access map[string]string
}

// The words of Security.ClientAuth.
const (
	clientRequire  = "require"
	clientOptional = "optional"
)

// namedByNothing is the word of Security.Naming for no certificates.
const namedByNothing = "none"

// naming is what of a certificate is its owner's name.
func (s *Security) naming() (identity.Naming, error) {
	if s.Naming == namedByNothing {
		return identity.NamedByNothing, nil
	}
	return identity.ParseNaming(s.Naming)
}

// named reports whether certificates name callers.
func (s *Security) named() bool { return s.Naming != "" && s.Naming != namedByNothing }

// defaultSecurity is what is so where nobody says anything else.
func defaultSecurity() Security {
	return Security{ClientAuth: clientRequire, Leeway: 30 * time.Second, NameClaim: "sub", Naming: namedByNothing}
}

func (s *Security) settings(set *setting.Set) {
	set.Group("TLS")
	set.String(&s.Callers.Certificate, "tls-cert", "certificate of the service port, with the chain behind it, in PEM; files of TLS are read again when they change")
	set.String(&s.Callers.Key, "tls-key", "its private key, in PEM")
	set.String(&s.Callers.Authorities, "tls-client-ca", "certificates of those who vouch for callers, in PEM: callers are then asked for a certificate")
	set.Choice(&s.ClientAuth, []string{clientRequire, clientOptional}, "tls-client-auth", "whether a caller needs a certificate, where it is asked for one: require, or optional")
	set.Bool(&s.FunctionTLS, "function-tls", "speak TLS to the function")
	set.String(&s.Function.Authorities, "function-tls-ca", "certificates of those who vouch for the function, in PEM; those of the system where none are given")
	set.String(&s.Function.Certificate, "function-tls-cert", "certificate that is shown to the function, in PEM")
	set.String(&s.Function.Key, "function-tls-key", "its private key, in PEM")
	set.String(&s.FunctionName, "function-tls-name", "name for which the function's certificate has to be; that of its host where none is given")
	set.String(&s.Admin.Certificate, "admin-tls-cert", "certificate of the admin port, with the chain behind it, in PEM")
	set.String(&s.Admin.Key, "admin-tls-key", "its private key, in PEM")
	set.String(&s.Admin.Authorities, "admin-tls-client-ca", "certificates of those who vouch for operators, in PEM: only who shows a certificate then gets more than /healthz, /readyz and /metrics")
	set.Bool(&s.AdminOpen, "admin-open", "let everybody who reaches the admin port do what operators do; else those on this machine may, or those with a certificate")

	set.Group("Who calls")
	set.String(&s.Keys, "identity-keys", "JWK set that verifies bearer tokens: a file, or an https URL; none are taken where there is none").Secret(maskAddress)
	set.String(&s.Issuer, "identity-issuer", "claim iss that a token has to have")
	set.List(&s.Audiences, "identity-audience", "names of which a token's claim aud has to have one")
	set.List(&s.Algorithms, "identity-algorithms", "algorithms by which tokens may be signed; every one with a public key where none is given")
	set.Duration(&s.Leeway, "identity-leeway", "how far the clocks of issuer and proxy may be apart")
	set.String(&s.NameClaim, "identity-name-claim", "claim that names the caller")
	set.String(&s.RolesClaim, "identity-roles-claim", "claim that has the caller's roles, such as roles or realm_access.roles")
	set.Map(&s.Claims, "identity-claims", "values that further claims of a token have to have")
	set.Choice(&s.Naming, append([]string{namedByNothing}, identity.Namings()...), "identity-certificate", "what of a caller's certificate is its name: none, uri, dns, email, common-name or subject")
	set.Map(&s.Access, "access", "who may call: SERVICE/METHOD, SERVICE/* or *, each with public, authenticated or role:NAME|NAME; comes before what the function's options say of the same")
}

// refuse refuses settings that do not go together.
func (s *Security) refuse(refuse func(is bool, name, format string, args ...any)) {
	pair := func(files TLSFiles, certificate, key string) {
		refuse(files.Certificate != "" && files.Key == "", key, "a certificate needs its key: give --%s", key)
		refuse(files.Certificate == "" && files.Key != "", certificate, "a key needs its certificate: give --%s", certificate)
	}
	pair(s.Callers, "tls-cert", "tls-key")
	pair(s.Function, "function-tls-cert", "function-tls-key")
	pair(s.Admin, "admin-tls-cert", "admin-tls-key")
	refuse(s.Callers.Authorities != "" && s.Callers.Certificate == "", "tls-client-ca", "callers show certificates where there is TLS alone: give --tls-cert")
	refuse(s.Admin.Authorities != "" && s.Admin.Certificate == "", "admin-tls-client-ca", "operators show certificates where there is TLS alone: give --admin-tls-cert")
	refuse(!s.FunctionTLS && (s.Function != TLSFiles{} || s.FunctionName != ""), "function-tls", "files or a name for TLS to the function are given, and it is not spoken: give --function-tls")
	refuse(!slices.Contains([]string{"", clientRequire, clientOptional}, s.ClientAuth), "tls-client-auth", "%q is neither %s nor %s", s.ClientAuth, clientRequire, clientOptional)
	_, err := s.naming()
	refuse(err != nil, "identity-certificate", "%w", err)
	refuse(s.named() && s.Callers.Authorities == "", "identity-certificate", "callers show no certificate: give --tls-client-ca")
	refuse(s.Keys != "" && s.Issuer == "", "identity-issuer", "whose tokens are taken has to be said")
	refuse(s.Keys != "" && len(s.Audiences) == 0, "identity-audience", "for whom tokens have to be is needed: one for another service must not be good for this one")
	refuse(s.Keys == "" && (s.Issuer != "" || len(s.Audiences) > 0 || len(s.Claims) > 0 || s.RolesClaim != ""), "identity-keys", "settings of tokens are given, and no keys that verify them")
	rules, err := s.rules()
	refuse(err != nil, "access", "%w", err)
	refuse(rules.NeedsIdentity() && s.Keys == "" && !s.named(), "access", "a rule asks who calls, and nothing says how callers are known: give --identity-keys or --identity-certificate")
}

// maskAddress hides whatever stands before the host of an address.
func maskAddress(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if at := strings.LastIndexByte(rest, '@'); found && at >= 0 {
		return scheme + "://" + masked + "@" + rest[at+1:]
	}
	return text
}
