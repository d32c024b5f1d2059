// Package suite is the kit as a Ginkgo suite: each case is one It, with labels
// to choose by. An SDK embeds it beside its own tests:
//
//	var target engine.Target
//
//	var _ = BeforeSuite(func(ctx SpecContext) {
//		spec, err := subject.Parse("cmd:./my-model")
//		Expect(err).NotTo(HaveOccurred())
//		started, err := subject.Start(ctx, spec, subject.Config{})
//		Expect(err).NotTo(HaveOccurred())
//		DeferCleanup(started.Close)
//		target = started
//	})
//
//	var _ = suite.Function(suite.Config{
//		Profiles: []string{"core", "forwarding", "http", "event-sourced"},
//		Target:   func() engine.Target { return target },
//	})
//
//	func TestConformance(t *testing.T) { suite.Run(t, "my SDK") }
//
// Ginkgo's own flags then choose and order the cases:
//
//	ginkgo -p --label-filter 'Area:ES && Level:must'
package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// Config says what is certified, and against what.
type Config struct {
	// Profiles are those that the subject is held to; at least one. The profile
	// cloudstate-0.2 stands alone, for a target that speaks that dialect.
	Profiles []string
	// Target gives the subject, ready. It is called once for each case, after
	// BeforeSuite, and may give the same one each time.
	Target func() engine.Target
	// Patience is how long each answer may take; the engine's default when 0.
	Patience time.Duration
	// Report, when not empty, is the file that the report is written to at the
	// end. Subject describes the subject for it; it is called on the first
	// process, after its last case.
	Report  string
	Subject func() *tckv1.Subject
}

// validate says what is missing.
func (c Config) validate() error {
	switch {
	case len(c.Profiles) == 0:
		return errors.New("suite: no profile is declared")
	case c.Target == nil:
		return errors.New("suite: no target is given")
	case c.Report != "" && c.Subject == nil:
		return errors.New("suite: a report needs to know its subject")
	default:
		return c.validateProfiles()
	}
}

// validateProfiles refuses what the kit does not measure whole.
func (c Config) validateProfiles() error {
	if slices.Equal(c.Profiles, []string{cases.CloudstateProfile}) {
		return nil
	}
	whole := requirement.All().Measurable(requirement.Function, requirement.Planned())
	for _, profile := range c.Profiles {
		if !slices.Contains(whole, profile) {
			return fmt.Errorf("suite: this kit does not measure the profile %q of functions; it measures %s",
				profile, strings.Join(whole, ", "))
		}
	}
	return nil
}

// Run runs the suite of a test binary. It fails when no case was selected, and
// runs them in random order; all else is as Ginkgo's flags say.
func Run(t *testing.T, description string) {
	t.Helper()
	config, reporter := ginkgo.GinkgoConfiguration()
	config.FailOnEmpty = true
	config.RandomizeAllSpecs = true
	ginkgo.RunSpecs(t, description, config, reporter)
}

// Function adds the cases for a user function to the suite of this test binary.
// It is called while the tree is built, as Describe is, and like Describe it
// panics on what cannot be built.
func Function(config Config) bool {
	if err := config.validate(); err != nil {
		panic(err)
	}
	if config.Report != "" {
		ginkgo.ReportAfterSuite("tck report", config.writeReport)
	}
	return ginkgo.Describe("function", ginkgo.Label("Role:"+requirement.Function), func() {
		for _, c := range chosen(config.Profiles) {
			ginkgo.It(c.ID, labels(c), func(ctx ginkgo.SpecContext) { config.play(ctx, c) })
		}
	})
}

// chosen are the cases of these profiles.
func chosen(profiles []string) []engine.Case {
	if slices.Contains(profiles, cases.CloudstateProfile) {
		return cases.Cloudstate(cases.Function())
	}
	return slices.DeleteFunc(cases.Function(), func(c engine.Case) bool { return !slices.Contains(profiles, c.Profile) })
}

// labels are what a case can be chosen by, such as "Req:ES-REPLAY-003",
// "Area:ES", "Level:must" and "Profile:event-sourced".
func labels(c engine.Case) ginkgo.Labels {
	level := requirement.Must
	if c.Level == engine.Should {
		level = requirement.Should
	}
	all := ginkgo.Label("Profile:"+c.Profile, "Level:"+strings.ToLower(level))
	for _, id := range c.Requirements {
		if cases.IsCheck(id) { // its slashes would be operators in a filter
			all = append(all, "Check:"+strings.ReplaceAll(id, "/", "."))
			continue
		}
		area, _, _ := strings.Cut(id, "-")
		all = append(all, "Req:"+id, "Area:"+area)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// play runs one case and lets Ginkgo know.
func (c Config) play(ctx ginkgo.SpecContext, which engine.Case) {
	result := engine.Run(ctx, c.Target(), []engine.Case{which}, engine.Options{
		Patience: c.Patience,
		Seed:     ginkgo.GinkgoRandomSeed(),
	})[0]
	ginkgo.AddReportEntry(entry, keep(result), ginkgo.ReportEntryVisibilityNever)
	switch result.Verdict {
	case tckv1.Verdict_VERDICT_PASS:
	case tckv1.Verdict_VERDICT_WARN: // a SHOULD: seen, and no failure
		ginkgo.AddReportEntry("warning", explain(result), ginkgo.ReportEntryVisibilityAlways)
	default:
		ginkgo.Fail(explain(result))
	}
}

// explain says what a case found, as the terminal does.
func explain(r engine.Result) string {
	var lines []string
	all := requirement.All()
	if r.Case.Profile == cases.CloudstateProfile {
		all = cases.CloudstateRequirements()
	}
	for _, id := range r.Case.Requirements {
		if found, known := all.Find(id); known {
			lines = append(lines, fmt.Sprintf("%s  %s\n  %q", id, found.Level, found.Text))
		}
	}
	for _, part := range []struct{ name, text string }{
		{"", r.Reason},
		{"Expected: ", r.Expected},
		{"Actual:   ", r.Actual},
		{"Likely: ", r.Likely},
		{"wire  ", strings.Join(r.Wire, "\n        ")},
	} {
		if part.text != "" {
			lines = append(lines, "  "+part.name+part.text)
		}
	}
	return strings.Join(lines, "\n")
}
