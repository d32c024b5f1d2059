// Package requirement relates the numbered sentences of the specification to
// the cases that measure them: which are selected, which have a case, and which
// have neither a case nor a reason.
package requirement

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/engine"
)

// The roles of a subject.
const (
	Function = "function"
	Proxy    = "proxy"
)

// The levels of a requirement.
const (
	Must   = "MUST"
	Should = "SHOULD"
	May    = "MAY"
)

// Set is a set of requirements, ordered by id.
type Set []protocol.Requirement

// All returns every requirement of the specification that the kit was built with.
func All() Set {
	all := protocol.Requirements()
	slices.SortFunc(all, func(a, b protocol.Requirement) int {
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// Find returns the requirement with the id.
func (s Set) Find(id string) (protocol.Requirement, bool) {
	i, found := slices.BinarySearchFunc(s, id, func(r protocol.Requirement, id string) int {
		return strings.Compare(r.ID, id)
	})
	if !found {
		return protocol.Requirement{}, false
	}
	return s[i], true
}

// Query says which requirements are meant. What is empty selects everything.
type Query struct {
	// Role is that of the subject.
	Role string
	// Profiles are the names of profiles, of which one has to be the requirement's.
	Profiles []string
	// Level is exact.
	Level string
	// IDs are globs as of path.Match, such as "ES-*", of which one has to match.
	IDs []string
}

// Validate returns an error for a glob that is malformed.
func (q Query) Validate() error {
	for _, glob := range q.IDs {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("%q is no pattern of requirement ids: %w", glob, err)
		}
	}
	return nil
}

// Select returns the requirements that the query means, which has to be valid.
func (s Set) Select(q Query) Set {
	var selected Set
	for _, r := range s {
		if q.matches(r) {
			selected = append(selected, r)
		}
	}
	return selected
}

func (q Query) matches(r protocol.Requirement) bool {
	return (q.Role == "" || q.Role == r.Role) &&
		(q.Level == "" || q.Level == r.Level) &&
		(len(q.Profiles) == 0 || slices.Contains(q.Profiles, r.Profile)) &&
		(len(q.IDs) == 0 || slices.ContainsFunc(q.IDs, func(glob string) bool {
			ok, err := path.Match(glob, r.ID)
			return ok && err == nil
		}))
}

// Cases returns those of the cases that measure a requirement of the set, in
// their order.
func (s Set) Cases(cases []engine.Case) []engine.Case {
	var selected []engine.Case
	for _, c := range cases {
		if slices.ContainsFunc(c.Requirements, func(id string) bool { _, ok := s.Find(id); return ok }) {
			selected = append(selected, c)
		}
	}
	return selected
}
