package requirement

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/kind"
)

// Coverage says what the cases measure of a set.
type Coverage struct {
	// Cases has the ids of the cases for each requirement that has any, in the
	// order of the cases.
	Cases map[string][]string
	// Measured are the requirements that have a case.
	Measured Set
	// Excused are those without one, each with its reason in Untestable.
	Excused Set
	// Planned are those without either that stand in the plan.
	Planned Set
	// Missing are all others that should have a case: MUSTs and SHOULDs, since
	// a MAY binds nobody.
	Missing Set
}

// Cover returns the coverage of the set by the cases, and by the plan for those
// to come.
func (s Set) Cover(cases []engine.Case, plan Plan) Coverage {
	coverage := Coverage{Cases: map[string][]string{}}
	for _, c := range cases {
		for _, id := range c.Requirements {
			coverage.Cases[id] = append(coverage.Cases[id], c.ID)
		}
	}
	for _, r := range s {
		_, isPlanned := plan.Role(r.ID)
		switch {
		case len(coverage.Cases[r.ID]) > 0:
			coverage.Measured = append(coverage.Measured, r)
		case r.Untestable != "":
			coverage.Excused = append(coverage.Excused, r)
		case r.Level == May:
		case isPlanned:
			coverage.Planned = append(coverage.Planned, r)
		default:
			coverage.Missing = append(coverage.Missing, r)
		}
	}
	return coverage
}

// Measurable returns the profiles that the kit measures whole for a role, in
// order: every MUST has a case or a reason, and at least one has a case. A
// subject is certified in these alone.
func (s Set) Measurable(role string, plan Plan) []string {
	var whole, short []string
	for _, r := range s.Select(Query{Role: role, Level: Must}) {
		_, isPlanned := plan.Role(r.ID)
		switch {
		case isPlanned:
			short = append(short, r.Profile)
		case r.Untestable == "":
			whole = append(whole, r.Profile)
		}
	}
	slices.Sort(whole)
	return slices.DeleteFunc(slices.Compact(whole), func(profile string) bool { return slices.Contains(short, profile) })
}

// OfEntities returns the ids that only stateful entities show: each has a case, and every
// case of it runs on the model of a stateful kind.
func OfEntities(cases []engine.Case) map[string]bool {
	only := map[string]bool{}
	for _, c := range cases {
		for _, id := range c.Requirements {
			before, seen := only[id]
			only[id] = stateful(c.Model) && (before || !seen)
		}
	}
	maps.DeleteFunc(only, func(_ string, is bool) bool { return !is })
	return only
}

// stateful reports whether a model is one of a kind that keeps a state.
func stateful(model string) bool {
	return slices.ContainsFunc(kind.All(), func(k kind.Kind) bool { return k.Stateful && k.Profile == model })
}

// Check returns an error for each case that does not fit the set: an id that is
// used twice, no requirement or an unknown one, or requirements whose level or
// profile is not the case's.
func (s Set) Check(cases []engine.Case) error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.ID] {
			errs = append(errs, fmt.Errorf("%s: there are two cases of this id", c.ID))
		}
		seen[c.ID] = true
		errs = append(errs, s.check(c)...)
	}
	return errors.Join(errs...)
}

func (s Set) check(c engine.Case) []error {
	var errs []error
	if len(c.Requirements) == 0 {
		errs = append(errs, fmt.Errorf("%s: it measures no requirement", c.ID))
	}
	if len(c.Script) == 0 {
		errs = append(errs, fmt.Errorf("%s: its script is empty", c.ID))
	}
	for _, id := range c.Requirements {
		r, known := s.Find(id)
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("%s: there is no requirement %s", c.ID, id))
		case r.Level != level(c):
			errs = append(errs, fmt.Errorf("%s: %s is a %s", c.ID, id, r.Level))
		case r.Profile != c.Profile:
			errs = append(errs, fmt.Errorf("%s: %s is of profile %s", c.ID, id, r.Profile))
		}
	}
	return errs
}

func level(c engine.Case) string {
	if c.Level == engine.Should {
		return Should
	}
	return Must
}
