package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/stateward/stateward/protocol"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// view is what the template shows.
type view struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Title, Result, Reason string
	Problems              []string
	Foreign               bool // the sentences are of another set than the report's
	Peer, Subject         string
	Facts                 []fact
	Known                 []*tckv1.KnownFailure
	Profiles              []profile
	Causes                []cause
	Verdicts              []choice
	ProfileNames, Levels  []string
	Rows                  []row
	Digest                string
}

// fact is a line of the head.
type fact struct{ Name, Text string }

// choice is a verdict with how many requirements have it.
type choice struct {
	verdict

	Count int
}

// row is one requirement.
type row struct {
	ID, Level, Profile string
	Verdict            verdict
	Sentence           []span
	Summary            string // the sentence in one line
	Glimpse            string // what came of it, where it did not pass
	Link               string // to the sentence; empty when there is no place
	Reason             string
	Time               string
	Cases              []result
	Passed             []result
	Open               bool
}

// result is one case.
type result struct {
	ID, Time, Reason, Runs string
	Verdict                verdict
	Expected, Actual       []span
	Likely, Repro          string
	Wire                   []frame
}

func newView(r *tckv1.Report, config Config) view {
	v := view{
		Policy: Policy(style, script), Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // our own files
		Title:    title(r.GetSubject()),
		Result:   word(r.GetResult().String(), "RESULT_"),
		Reason:   Visible(r.GetReason()),
		Foreign:  r.GetSpecification().GetRequirementsDigest() != config.Digest,
		Peer:     "tck, as the proxy",
		Subject:  Visible(r.GetSubject().GetRole()),
		Facts:    facts(r),
		Profiles: profiles(r.GetProfiles()),
		Causes:   causes(r),
		Digest:   Visible(r.GetDigest()),
	}
	for _, problem := range config.Problems {
		v.Problems = append(v.Problems, Visible(problem))
	}
	for _, entry := range r.GetKnownFailures() {
		v.Known = append(v.Known, &tckv1.KnownFailure{
			Id: Visible(entry.GetId()), Reason: Visible(entry.GetReason()), Issue: Visible(entry.GetIssue()),
			Expires: Visible(entry.GetExpires()), Expired: entry.GetExpired(),
		})
	}
	for _, requirement := range r.GetRequirements() {
		v.Rows = append(v.Rows, rowOf(requirement, config))
	}
	slices.SortStableFunc(v.Rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.Verdict.rank, b.Verdict.rank), cmp.Compare(a.ID, b.ID))
	})
	if len(v.Rows) > 0 && v.Rows[0].Verdict.Grave() {
		v.Rows[0].Open = true // so that it shows, without scripts too, what a row holds
	}
	v.choices()
	return v
}

// choices gathers what can be filtered by.
func (v *view) choices() {
	for _, r := range v.Rows { // ordered by their verdicts
		if last := len(v.Verdicts) - 1; last < 0 || v.Verdicts[last].verdict != r.Verdict {
			v.Verdicts = append(v.Verdicts, choice{verdict: r.Verdict})
		}
		v.Verdicts[len(v.Verdicts)-1].Count++
		v.ProfileNames = append(v.ProfileNames, r.Profile)
		v.Levels = append(v.Levels, r.Level)
	}
	for _, names := range []*[]string{&v.ProfileNames, &v.Levels} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
}

func rowOf(r *tckv1.RequirementResult, config Config) row {
	out := row{
		ID: Visible(r.GetId()), Level: Visible(r.GetLevel()), Profile: Visible(r.GetProfile()),
		Verdict: verdictOf(r.GetVerdict()), Reason: Visible(r.GetReason()),
	}
	if found, known := config.Sentences.Find(r.GetId()); known {
		out.Sentence = sentence(found.Text)
		out.Link = address(found, config.Docs)
	}
	out.Summary = plain(out.Sentence)
	var micros int64
	for _, c := range r.GetCases() {
		micros += c.GetMicros()
		if shown := resultOf(c); c.GetVerdict() == tckv1.Verdict_VERDICT_PASS {
			out.Passed = append(out.Passed, shown)
		} else {
			out.Cases = append(out.Cases, shown)
		}
	}
	if len(r.GetCases()) > 0 {
		out.Time = duration(micros)
	}
	slices.SortStableFunc(out.Cases, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.Verdict.rank, b.Verdict.rank), cmp.Compare(min(1, len(b.Likely)), min(1, len(a.Likely))))
	})
	if len(out.Cases) > 0 {
		out.Glimpse = out.Cases[0].glimpse()
	}
	return out
}

// glimpse is in a few words what came of a case.
func (r result) glimpse() string {
	switch {
	case r.Likely != "":
		return oneLine("likely: " + r.Likely)
	case len(r.Actual) > 0:
		return oneLine("got " + plain(r.Actual))
	default:
		return oneLine(r.Reason)
	}
}

// address is where the sentence stands in the rendered specification.
func address(r protocol.Requirement, docs string) string {
	if docs == "" {
		return ""
	}
	return strings.TrimSuffix(docs, "/") + "/" + strings.TrimSuffix(r.Chapter, ".md") + ".html#" + r.ID
}

func resultOf(c *tckv1.CaseResult) result {
	out := result{
		ID: Visible(c.GetId()), Time: duration(c.GetMicros()), Reason: Visible(c.GetReason()),
		Verdict: verdictOf(c.GetVerdict()), Likely: Visible(c.GetLikely()), Repro: Visible(c.GetRepro()),
		Wire: diagram(c),
	}
	if c.GetRuns() > 1 {
		out.Runs = fmt.Sprintf("did not hold in %d of %d runs", c.GetFailedRuns(), c.GetRuns())
	}
	out.Expected, out.Actual = contrast(c.GetExpected(), c.GetActual())
	return out
}

// duration is a time with as many digits as mean anything.
func duration(micros int64) string {
	switch ms := float64(micros) / 1000; {
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f ms", ms)
	}
}
