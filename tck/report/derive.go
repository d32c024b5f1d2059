package report

import (
	"fmt"
	"slices"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/requirement"
)

// severity orders verdicts on cases: a requirement gets the worst of its own.
var severity = []tckv1.Verdict{
	tckv1.Verdict_VERDICT_PASS,
	tckv1.Verdict_VERDICT_STALE_KNOWN,
	tckv1.Verdict_VERDICT_KNOWN_FAIL,
	tckv1.Verdict_VERDICT_UNMEASURED,
	tckv1.Verdict_VERDICT_WARN,
	tckv1.Verdict_VERDICT_FLAKY,
	tckv1.Verdict_VERDICT_FAIL,
	tckv1.Verdict_VERDICT_KIT_ERROR,
}

// derive fills in all that follows from the verdicts on cases: the verdicts on
// requirements, the counts, the result and its reason. Verify derives again.
func derive(r *tckv1.Report, specification Specification) {
	excuses := excuses(r.GetSubject(), specification)
	r.UnmeasuredProfiles = without(r.GetSubject().GetDiscoveredProfiles(), specification.measurable(r.GetSubject()))
	for _, row := range r.GetRequirements() {
		row.Verdict, row.Reason = verdict(row, r, excuses[row.GetId()])
	}
	r.Profiles = nil
	for _, profile := range r.GetSubject().GetProfiles() {
		r.Profiles = append(r.Profiles, count(profile, r.GetRequirements()))
	}
	r.Result, r.Reason = conclude(r)
}

// noEntities excuses a function that serves actions alone.
const noEntities = "only a stateful entity can show it, and the function serves none"

// excuses says by id why no case can show a sentence: no case can at all, or none of a
// function that serves no stateful entity.
func excuses(subject *tckv1.Subject, specification Specification) map[string]string {
	excuses := map[string]string{}
	if !servesEntities(slices.Concat(subject.GetProfiles(), subject.GetDiscoveredProfiles())) {
		for id := range specification.OfEntities {
			excuses[id] = noEntities
		}
	}
	for _, sentence := range specification.Requirements {
		if sentence.Untestable != "" {
			excuses[sentence.ID] = sentence.Untestable
		}
	}
	return excuses
}

// servesEntities reports whether a stateful kind is among the profiles, or whether there
// may be one for all that is known: they hold no kind at all.
func servesEntities(profiles []string) bool {
	if !slices.Contains(profiles, "action") {
		return true
	}
	return slices.ContainsFunc(kind.All(), func(k kind.Kind) bool { return k.Stateful && slices.Contains(profiles, k.Profile) })
}

// verdict judges one requirement, and says why it has no verdict of its cases.
func verdict(row *tckv1.RequirementResult, r *tckv1.Report, excuse string) (tckv1.Verdict, string) {
	declared := slices.Contains(r.GetSubject().GetProfiles(), row.GetProfile())
	beyond := slices.Contains(r.GetUnmeasuredProfiles(), row.GetProfile())
	switch {
	case len(row.GetCases()) > 0:
		return worst(row.GetCases()), ""
	case beyond && !declared:
		return tckv1.Verdict_VERDICT_UNMEASURED, "this kit does not measure the profile " + row.GetProfile() + " yet"
	case !declared:
		return tckv1.Verdict_VERDICT_NOT_APPLICABLE, ""
	case excuse != "":
		return tckv1.Verdict_VERDICT_EXCUSED, excuse
	case r.GetSelection() != nil:
		return tckv1.Verdict_VERDICT_UNMEASURED, "no case that was selected measures it"
	default:
		return tckv1.Verdict_VERDICT_UNMEASURED, "no case that ran measures it"
	}
}

func worst(cases []*tckv1.CaseResult) tckv1.Verdict {
	at := 0
	for _, c := range cases {
		at = max(at, slices.Index(severity, c.GetVerdict()))
	}
	return severity[at]
}

// count counts the requirements of one profile. Only MUSTs are required.
func count(profile string, rows []*tckv1.RequirementResult) *tckv1.ProfileResult {
	counts := &tckv1.ProfileResult{Profile: profile}
	for _, row := range rows {
		switch {
		case row.GetProfile() != profile:
		case row.GetLevel() == requirement.Must:
			countMust(counts, row.GetVerdict())
		case row.GetVerdict() == tckv1.Verdict_VERDICT_WARN:
			counts.Warned++
		}
	}
	return counts
}

func countMust(counts *tckv1.ProfileResult, verdict tckv1.Verdict) {
	if verdict == tckv1.Verdict_VERDICT_EXCUSED {
		counts.Excused++
		return
	}
	counts.Required++
	switch verdict {
	case tckv1.Verdict_VERDICT_PASS, tckv1.Verdict_VERDICT_STALE_KNOWN:
		counts.Run++
		counts.Passed++
	case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_FLAKY:
		counts.Run++
		counts.Failed++
	case tckv1.Verdict_VERDICT_KNOWN_FAIL:
		counts.Run++
		counts.KnownFailed++
	default: // a kit error measures nothing either
		counts.Unmeasured++
	}
}

// conclude gives the result over all and the sentence for it. The order of the
// questions is the point: what says nothing of the subject comes first, and
// conformant is what is left when nothing else applies.
func conclude(r *tckv1.Report) (tckv1.Result, string) {
	if erred := rowsWith(r, tckv1.Verdict_VERDICT_KIT_ERROR); len(erred) > 0 {
		return tckv1.Result_RESULT_INVALID, "the kit erred in " + enumerate(erred)
	}
	if empty := emptyProfiles(r); len(empty) > 0 {
		return tckv1.Result_RESULT_INVALID, "no requirement of " + enumerate(empty) + " can be run"
	}
	if !anyRun(r) {
		return tckv1.Result_RESULT_INVALID, "nothing came to a verdict"
	}
	declared := r.GetSubject().GetProfiles()
	discovered := without(r.GetSubject().GetDiscoveredProfiles(), without(r.GetUnmeasuredProfiles(), declared))
	if !slices.Equal(declared, discovered) {
		return tckv1.Result_RESULT_NON_CONFORMANT,
			fmt.Sprintf("declared is %s, and discovered is %s", enumerate(declared), enumerate(discovered))
	}
	if failures := failures(r); failures != "" {
		return tckv1.Result_RESULT_NON_CONFORMANT, failures
	}
	if missed := missed(r); len(missed) > 0 {
		return tckv1.Result_RESULT_NON_CONFORMANT, "not measured: " + enumerate(missed)
	}
	if left := leftOver(r); left != "" {
		return tckv1.Result_RESULT_PARTIAL, left
	}
	return tckv1.Result_RESULT_CONFORMANT, "every MUST of " + enumerate(declared) + " passed"
}

// failures says what failed; empty when nothing did.
func failures(r *tckv1.Report) string {
	return sentence(
		part{"failed: ", rowsWith(r, tckv1.Verdict_VERDICT_FAIL)},
		part{"flaky: ", rowsWith(r, tckv1.Verdict_VERDICT_FLAKY)})
}

// leftOver says what keeps a subject in which nothing failed from being called
// conformant; empty when nothing does.
func leftOver(r *tckv1.Report) string {
	known := sentence(
		part{"known to fail: ", casesWith(r, tckv1.Verdict_VERDICT_KNOWN_FAIL)},
		part{"to be taken off the list of known failures: ", casesWith(r, tckv1.Verdict_VERDICT_STALE_KNOWN)})
	switch {
	case r.GetSelection() == nil && known == "":
		return ""
	case known == "":
		return "nothing that ran failed, and the run was narrowed"
	case r.GetSelection() == nil:
		return known
	default:
		return known + "; the run was narrowed"
	}
}

// part is a list of ids with what leads it.
type part struct {
	lead string
	ids  []string
}

// sentence joins the parts that name anything.
func sentence(parts ...part) string {
	var all []string
	for _, p := range parts {
		if len(p.ids) > 0 {
			all = append(all, p.lead+enumerate(p.ids))
		}
	}
	return strings.Join(all, "; ")
}

// casesWith are the ids of the requirements of which a case has this verdict.
func casesWith(r *tckv1.Report, verdict tckv1.Verdict) []string {
	var ids []string
	for _, row := range r.GetRequirements() {
		if slices.ContainsFunc(row.GetCases(), func(c *tckv1.CaseResult) bool { return c.GetVerdict() == verdict }) {
			ids = append(ids, row.GetId())
		}
	}
	return ids
}

// missed are the ids of the MUSTs that should have been measured and were not.
// What a narrowed run left out has no case; what it began and lost has one.
func missed(r *tckv1.Report) []string {
	var ids []string
	for _, row := range r.GetRequirements() {
		meant := r.GetSelection() == nil || len(row.GetCases()) > 0
		declared := slices.Contains(r.GetSubject().GetProfiles(), row.GetProfile())
		if declared && meant && row.GetLevel() == requirement.Must && row.GetVerdict() == tckv1.Verdict_VERDICT_UNMEASURED {
			ids = append(ids, row.GetId())
		}
	}
	return ids
}

// rowsWith are the ids of the requirements with this verdict.
func rowsWith(r *tckv1.Report, verdict tckv1.Verdict) []string {
	var ids []string
	for _, row := range r.GetRequirements() {
		if row.GetVerdict() == verdict {
			ids = append(ids, row.GetId())
		}
	}
	return ids
}

// emptyProfiles are the declared profiles that would pass by holding nothing.
func emptyProfiles(r *tckv1.Report) []string {
	var empty []string
	for _, profile := range r.GetProfiles() {
		if profile.GetRequired() == 0 {
			empty = append(empty, profile.GetProfile())
		}
	}
	return empty
}

// anyRun reports whether any case came to a verdict on the subject.
func anyRun(r *tckv1.Report) bool {
	return slices.ContainsFunc(r.GetRequirements(), func(row *tckv1.RequirementResult) bool {
		return slices.ContainsFunc(row.GetCases(), func(c *tckv1.CaseResult) bool {
			return c.GetVerdict() != tckv1.Verdict_VERDICT_UNMEASURED && c.GetVerdict() != tckv1.Verdict_VERDICT_KIT_ERROR
		})
	})
}

// without returns the names that are not among the others, in their order.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// among returns the names that are among the others too, in their order.
func among(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(others, name) })
}

// enumerate lists a few of the names, and says how many more there are.
func enumerate(names []string) string {
	const few = 6
	if len(names) == 0 {
		return "nothing"
	}
	if len(names) > few+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}
