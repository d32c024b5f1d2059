package output

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/requirement"
)

// slowest is how many of the slowest cases are named.
const slowest = 10

// Story is what a run has to tell.
type Story struct {
	// Report holds the verdicts.
	Report *tckv1.Report
	// Results are the engine's, in the order in which they are told.
	Results []engine.Result
	// Requirements have the sentences.
	Requirements requirement.Set
	// Repro gives the command that runs just this case again.
	Repro func(engine.Result) string
	// Time is how long all cases took together, from the first to the last.
	Time time.Duration
}

// Tell prints the whole story: what did not pass, what a list of known failures
// says of it, the counts for each profile, the slowest cases, and the result.
func (p *Printer) Tell(story Story) {
	p.failures(story)
	p.known(story.Results)
	if !p.config.Quiet {
		p.profiles(touched(story.Report))
		p.slowest(story.Results)
	}
	p.result(story)
}

// touched are the counts of the profiles of which anything was to run: all, unless the
// run was narrowed.
func touched(r *tckv1.Report) []*tckv1.ProfileResult {
	if r.GetSelection() == nil {
		return r.GetProfiles()
	}
	return slices.DeleteFunc(slices.Clone(r.GetProfiles()), func(c *tckv1.ProfileResult) bool {
		return !slices.ContainsFunc(r.GetRequirements(), func(row *tckv1.RequirementResult) bool {
			return row.GetProfile() == c.GetProfile() && len(row.GetCases()) > 0
		})
	})
}

// profiles prints the counts as a table.
func (p *Printer) profiles(profiles []*tckv1.ProfileResult) {
	if len(profiles) == 0 {
		return
	}
	width := len("profile")
	for _, profile := range profiles {
		width = max(width, len(profile.GetProfile()))
	}
	p.printf("%s  %s\n", pad("profile", width),
		p.paint(dim, "required    run  passed  failed  known  warned  unmeasured  excused"))
	for _, c := range profiles {
		tint := green
		if c.GetRequired() != c.GetPassed() || c.GetRequired() == 0 {
			tint = red
		}
		p.printf("%s  %8d %6d  %6d  %6d %6d  %6d  %10d  %7d\n", p.paint(tint, pad(c.GetProfile(), width)),
			c.GetRequired(), c.GetRun(), c.GetPassed(), c.GetFailed(), c.GetKnownFailed(),
			c.GetWarned(), c.GetUnmeasured(), c.GetExcused())
	}
	p.printf("\n")
}

// slowest names the cases that took longest.
func (p *Printer) slowest(results []engine.Result) {
	sorted := slices.DeleteFunc(slices.Clone(results), func(r engine.Result) bool {
		return r.Verdict == tckv1.Verdict_VERDICT_UNMEASURED
	})
	slices.SortStableFunc(sorted, func(a, b engine.Result) int { return int(b.Time - a.Time) })
	for i, r := range sorted[:min(len(sorted), slowest)] {
		label := pad("", len("slowest"))
		if i == 0 {
			label = p.paint(dim, "slowest")
		}
		p.printf("%s  %6.3fs  %s\n", label, r.Time.Seconds(), r.Case.ID)
	}
	if len(sorted) > 0 {
		p.printf("\n")
	}
}

// result prints the last word.
func (p *Printer) result(story Story) {
	name := strings.TrimPrefix(story.Report.GetResult().String(), "RESULT_")
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	tint := red
	switch story.Report.GetResult() {
	case tckv1.Result_RESULT_CONFORMANT:
		tint = green
	case tckv1.Result_RESULT_PARTIAL, tckv1.Result_RESULT_INVALID:
		tint = yellow
	default:
	}
	p.printf("%s: %s", p.paint(tint, name), story.Report.GetReason())
	if len(story.Results) > 0 {
		p.printf(" %s", p.paint(dim, fmt.Sprintf("(%s in %.2fs)", count(len(story.Results), "case"), story.Time.Seconds())))
	}
	p.printf("\n")
}
