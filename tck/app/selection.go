package app

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// selection says which cases are meant.
type selection struct {
	profiles []string // empty: whatever the subject shows
	run      []string // patterns of requirement or case ids; empty: all
	level    string   // "must" or "should", or empty for all
	only     []string // ids of cases; nil: all
}

func (s *selection) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringSliceVar(&s.profiles, "profile", nil,
		"hold the subject to these `PROFILES` (default: what it shows at discovery; a gate declares them)")
	flags.StringSliceVar(&s.run, "run", nil,
		"only what these `PATTERNS` match, of requirement or case ids, such as 'ES-SNAP-*'")
	flags.StringVar(&s.level, "level", "", "`LEVEL` must leaves out the SHOULDs, and should all else")
}

// validate refuses what cannot select anything.
func (s *selection) validate() error {
	if s.cloudstate() && len(s.profiles) > 1 {
		return usage("the profile %s stands alone: a run speaks one dialect", cases.CloudstateProfile)
	}
	for _, profile := range s.profiles {
		if profile == cases.CloudstateProfile {
			continue
		}
		if err := measurable(requirement.All(), requirement.Planned(), profile); err != nil {
			return err
		}
	}
	return s.validatePatterns()
}

// validatePatterns refuses what cannot select anything, of whatever profile.
func (s *selection) validatePatterns() error {
	if !slices.Contains([]string{"", "must", "should"}, s.level) {
		return usage("--level is must, should or left out, not %q", s.level)
	}
	for _, pattern := range s.run {
		if _, err := path.Match(pattern, ""); err != nil {
			return usage("%q is no pattern: %w", pattern, err)
		}
		if len(s.matching(s.catalogue(s.profiles), []string{pattern})) == 0 {
			return usage("nothing selected: no case, and no requirement that has one, matches %q; `tck list` shows them all", pattern)
		}
	}
	if len(s.cases(s.profiles)) == 0 {
		return s.nothing()
	}
	return nil
}

func (s *selection) nothing() error {
	return usage("nothing selected: no case is of these profiles, this level and these patterns; `tck list` shows them all")
}

// cloudstate reports whether the one profile of the dialect of Cloudstate 0.2 is declared.
func (s *selection) cloudstate() bool { return slices.Contains(s.profiles, cases.CloudstateProfile) }

// profilesDialect is the dialect that the declared profiles belong to.
func (s *selection) profilesDialect() dialect.Dialect {
	if s.cloudstate() {
		return dialect.Cloudstate
	}
	return dialect.V1
}

// catalogue returns every case, as a subject that is held to these profiles is asked it.
func (s *selection) catalogue(profiles []string) []engine.Case {
	if slices.Contains(profiles, cases.CloudstateProfile) {
		return cases.Cloudstate(cases.Function())
	}
	return cases.Function()
}

// cases returns the cases that are meant, of these profiles; of all when none
// is given.
func (s *selection) cases(profiles []string) []engine.Case {
	return slices.DeleteFunc(s.matching(s.catalogue(profiles), s.run), func(c engine.Case) bool {
		return len(profiles) > 0 && !slices.Contains(profiles, c.Profile) ||
			s.only != nil && !slices.Contains(s.only, c.ID) ||
			s.level != "" && s.level != strings.ToLower(level(c))
	})
}

// matching returns the cases of which the id, or that of a requirement, matches
// a pattern; all when there is no pattern.
func (s *selection) matching(all []engine.Case, patterns []string) []engine.Case {
	return slices.DeleteFunc(slices.Clone(all), func(c engine.Case) bool {
		ids := slices.Concat(c.Requirements, cases.Checks(c), []string{c.ID})
		return len(patterns) > 0 && !slices.ContainsFunc(patterns, func(pattern string) bool {
			return slices.ContainsFunc(ids, func(id string) bool { return matches(pattern, id) })
		})
	})
}

// matches holds an id against a pattern that validate has accepted. A pattern
// that ends in "/*" matches the whole tree below.
func matches(pattern, id string) bool {
	if tree, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasSuffix(tree, "/") && strings.HasPrefix(id, tree) {
		return true
	}
	ok, err := path.Match(pattern, id)
	return ok && err == nil
}

// level is that of a case, as the specification writes it.
func level(c engine.Case) string {
	if c.Level == engine.Should {
		return requirement.Should
	}
	return requirement.Must
}

// narrowing describes how the selection narrows a run; nil when it does not.
func (s *selection) narrowing() *tckv1.Selection {
	switch {
	case s.only != nil:
		var ids []string
		for _, c := range s.cases(s.profiles) {
			ids = append(ids, c.ID)
		}
		return &tckv1.Selection{Run: ids, Level: strings.ToUpper(s.level)}
	case len(s.run) == 0 && s.level == "":
		return nil
	}
	return &tckv1.Selection{Run: s.run, Level: strings.ToUpper(s.level)}
}

// measurable refuses a profile that the kit does not measure whole for functions:
// what passed would be less than the profile.
func measurable(set requirement.Set, plan requirement.Plan, profile string) error {
	whole := set.Measurable(requirement.Function, plan)
	if slices.Contains(whole, profile) {
		return nil
	}
	bound := set.Select(requirement.Query{Role: requirement.Function, Level: requirement.Must, Profiles: []string{profile}})
	short := bound.Cover(nil, plan).Planned
	how := fmt.Sprintf("there is no profile %q that binds functions", profile)
	switch {
	case len(short) > 0:
		how = fmt.Sprintf("this kit does not measure the profile %s yet: %d of its %d MUSTs for functions have no case (`tck coverage` lists them)",
			profile, len(short), len(bound))
	case len(set.Select(requirement.Query{Profiles: []string{profile}})) > 0:
		how = fmt.Sprintf("the profile %s binds proxies alone, and this kit measures functions", profile)
	}
	return usage("%s; what can be declared is %s, or %s alone", how, strings.Join(whole, ", "), cases.CloudstateProfile)
}
