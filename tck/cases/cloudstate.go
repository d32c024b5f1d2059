package cases

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/cases/httprule"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/requirement"
)

// CloudstateProfile is the one profile of functions that speak the dialect of
// Cloudstate 0.2.
const CloudstateProfile = string(dialect.Cloudstate)

// checkPrefix leads the names of the checks of Cloudstate's kit, where they stand among
// the ids of requirements.
const checkPrefix = "cloudstate/"

// Cloudstate returns those of the cases that a function of Cloudstate 0.2 is asked. No
// sentence of the specification binds such a function: the checks of Cloudstate's own
// kit do. A case that makes such checks cites them, each as a MUST, in place of its
// requirements; any other case warns. The model is then whatever has to be shown for the
// case to tell anything.
func Cloudstate(all []engine.Case) []engine.Case {
	h := held{}
	var asked []engine.Case
	for i := range all {
		if !newer(all[i]) {
			asked = append(asked, *h.hold(&all[i]))
		}
	}
	return asked
}

// newer reports whether a function of Cloudstate 0.2 has nothing that the case could
// measure: its profile is that of a capability, or the case says so itself. A message of an
// exact size has another one under other names, so that those cases are left out too.
func newer(c engine.Case) bool {
	if strings.Contains(c.ID, "/limits/command-") {
		return true
	}
	known := slices.Contains([]string{"core", "forwarding", httprule.Profile}, c.Profile) ||
		slices.ContainsFunc(kind.All(), func(k kind.Kind) bool { return k.Profile == c.Profile })
	return c.Newer || !known
}

// held are the cases so far, by their ids: one that others need is one case for all.
type held map[string]*engine.Case

// hold returns the case as a function of Cloudstate 0.2 is asked it; nil for nil.
func (h held) hold(c *engine.Case) *engine.Case {
	if c == nil {
		return nil
	}
	if known := h[c.ID]; known != nil {
		return known
	}
	asked := *c
	asked.Model, asked.Profile = cmp.Or(c.Model, c.Profile), CloudstateProfile
	asked.Level = engine.Should
	if len(c.Cloudstate) > 0 {
		asked.Level, asked.Requirements = engine.Must, Checks(*c)
	}
	asked.Needs = h.hold(c.Needs)
	h[c.ID] = &asked
	return &asked
}

// Checks returns the ids of the checks of Cloudstate's kit that the case makes, as they
// stand in a report, such as "cloudstate/value/update".
func Checks(c engine.Case) []string {
	var ids []string
	for _, name := range c.Cloudstate {
		ids = append(ids, checkPrefix+name)
	}
	return ids
}

// IsCheck reports whether the id is that of a check of Cloudstate's kit.
func IsCheck(id string) bool { return strings.HasPrefix(id, checkPrefix) }

// CloudstateRequirements returns what a function of Cloudstate 0.2 is held to: each check
// of Cloudstate's kit as a MUST, in the words of the requirements that its cases measure
// for others, and, as a SHOULD, each requirement that any other case measures. All are of
// the one profile. The caller owns the set.
func CloudstateRequirements() requirement.Set { return slices.Clone(cloudstateRequirements()) }

var cloudstateRequirements = sync.OnceValue(func() requirement.Set {
	known, bound := requirement.All(), map[string]protocol.Requirement{}
	for _, c := range Function() {
		switch checks := Checks(c); {
		case newer(c):
		case len(checks) > 0:
			for _, id := range checks {
				bound[id] = check(id, c, known, bound[id])
			}
		default:
			for _, id := range c.Requirements {
				sentence, _ := known.Find(id)
				sentence.Level, sentence.Profile = requirement.Should, CloudstateProfile
				bound[id] = sentence
			}
		}
	}
	set := make(requirement.Set, 0, len(bound))
	for _, one := range bound {
		set = append(set, one)
	}
	slices.SortFunc(set, func(a, b protocol.Requirement) int { return cmp.Compare(a.ID, b.ID) })
	return set
})

// check returns the check as a requirement, with the sentences of one more of its cases.
func check(id string, c engine.Case, known requirement.Set, before protocol.Requirement) protocol.Requirement {
	var text []string
	if before.Text != "" {
		text = append(text, before.Text)
	}
	chapter := before.Chapter
	for _, cited := range c.Requirements {
		sentence, _ := known.Find(cited)
		chapter = cmp.Or(chapter, sentence.Chapter)
		if line := cited + ": " + sentence.Text; !strings.Contains(before.Text, line) {
			text = append(text, line)
		}
	}
	return protocol.Requirement{
		ID: id, Area: "CLOUDSTATE", Role: requirement.Function, Level: requirement.Must, Since: "0.2",
		Profile: CloudstateProfile, Text: strings.Join(text, " "), Chapter: chapter,
	}
}
