package requirement

import (
	"errors"
	"fmt"

	"github.com/stateward/stateward/tck/engine"
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
	// Missing are those that have neither a case nor a reason. Only MUSTs and
	// SHOULDs are missed: a MAY binds nobody.
	Missing Set
}

// Cover returns the coverage of the set by the cases.
func (s Set) Cover(cases []engine.Case) Coverage {
	coverage := Coverage{Cases: map[string][]string{}}
	for _, c := range cases {
		for _, id := range c.Requirements {
			coverage.Cases[id] = append(coverage.Cases[id], c.ID)
		}
	}
	for _, r := range s {
		switch {
		case len(coverage.Cases[r.ID]) > 0:
			coverage.Measured = append(coverage.Measured, r)
		case r.Untestable != "":
			coverage.Excused = append(coverage.Excused, r)
		case r.Level != May:
			coverage.Missing = append(coverage.Missing, r)
		}
	}
	return coverage
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
