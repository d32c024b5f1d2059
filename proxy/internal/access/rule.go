// Package access says who may call a method: rules, how they are written, and which one
// holds.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Rule says who may call. The zero Rule is of everybody who has said who they are.
type Rule struct {
	// Public lets everybody call.
	Public bool
	// Roles are those of which a caller has to have one; none where it needs none.
	Roles []string
}

// The words that rules are written in.
const (
	public        = "public"
	authenticated = "authenticated"
	rolePrefix    = "role:"
	between       = "|" // any of them
)

// Public returns the rule that lets everybody call.
func Public() Rule { return Rule{Public: true} }

// Of returns the rule that asks for one of the roles; for none of them in particular, where
// there are none.
func Of(roles ...string) Rule { return Rule{Roles: roles} }

// Admits reports whether the rule lets somebody with the roles call.
func (r Rule) Admits(roles []string) bool {
	return r.Public || len(r.Roles) == 0 || slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(r.Roles, role) })
}

// String writes the rule as Parse reads it.
func (r Rule) String() string {
	switch {
	case r.Public:
		return public
	case len(r.Roles) == 0:
		return authenticated
	default:
		return rolePrefix + strings.Join(r.Roles, between)
	}
}

// Parse reads a rule: public, authenticated, or role: and the names of roles with | between
// them.
func Parse(text string) (Rule, error) {
	switch {
	case text == public:
		return Public(), nil
	case text == authenticated:
		return Rule{}, nil
	case !strings.HasPrefix(text, rolePrefix):
		return Rule{}, fmt.Errorf("the rule %q is none of public, authenticated and role:NAME|NAME", text)
	}
	roles := strings.Split(text[len(rolePrefix):], between)
	for i, role := range roles {
		if roles[i] = strings.TrimSpace(role); roles[i] == "" {
			return Rule{}, fmt.Errorf("the rule %q names an empty role", text)
		}
	}
	return Of(roles...), nil
}

// pattern is what a rule is about: a method, a service, or everything.
type pattern struct {
	service string // empty for everything
	method  string // empty for a service
}

// everything is written as *.
const everything = "*"

// parsePattern reads SERVICE/METHOD, SERVICE/* or *.
func parsePattern(text string) (pattern, error) {
	if text == everything {
		return pattern{}, nil
	}
	service, method, found := strings.Cut(text, "/")
	if !found || !isName(service, true) || method != everything && !isName(method, false) {
		return pattern{}, fmt.Errorf("%q is none of SERVICE/METHOD, SERVICE/* and *, with the full name of the service", text)
	}
	if method == everything {
		method = ""
	}
	return pattern{service: service, method: method}, nil
}

// isName reports whether protobuf takes the name, of a service with dots in it or of a
// method.
func isName(name string, dots bool) bool {
	start := true
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		switch {
		case c == '.' && dots && !start:
			start = true
		case letter, c >= '0' && c <= '9' && !start:
			start = false
		default:
			return false
		}
	}
	return !start
}

// String writes the pattern as parsePattern reads it.
func (p pattern) String() string {
	switch {
	case p.service == "":
		return everything
	case p.method == "":
		return p.service + "/*"
	default:
		return p.service + "/" + p.method
	}
}

var errTwice = errors.New("there is a rule for it already")
