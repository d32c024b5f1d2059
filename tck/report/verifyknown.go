package report

import (
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/known"
)

// known holds the verdicts on cases against the report's list of known failures.
func (v *verifier) known() {
	entries := v.report.GetKnownFailures()
	var ids []string
	for _, entry := range entries {
		ids = append(ids, entry.GetId())
		if entry.GetId() == "" || entry.GetReason() == "" || entry.GetExpires() == "" {
			v.problemf("the known failure %q lacks its id, its reason or its day of expiry", entry.GetId())
		}
	}
	if !ascending(ids) {
		v.problemf("the known failures are not in order, each once")
	}
	all := v.casesCited()
	for _, c := range all {
		listed := slices.DeleteFunc(slices.Clone(entries), func(entry *tckv1.KnownFailure) bool { return !c.coveredBy(entry) })
		if !judgedBy(c.result.GetVerdict(), listed, all) {
			v.problemf("case %q has the verdict %v, which does not fit the list of known failures", c.result.GetId(), c.result.GetVerdict())
		}
	}
}

// judgedBy reports whether a case has the verdict that its entries give it.
func judgedBy(verdict tckv1.Verdict, entries []*tckv1.KnownFailure, all []*cited) bool {
	inForce := slices.ContainsFunc(entries, func(entry *tckv1.KnownFailure) bool { return !entry.GetExpired() })
	stale := slices.ContainsFunc(entries, func(entry *tckv1.KnownFailure) bool {
		return !slices.ContainsFunc(all, func(c *cited) bool { return c.coveredBy(entry) && failedRaw(c.result.GetVerdict()) })
	})
	switch verdict {
	case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_FLAKY:
		return !inForce
	case tckv1.Verdict_VERDICT_KNOWN_FAIL:
		return inForce
	case tckv1.Verdict_VERDICT_STALE_KNOWN:
		return stale
	case tckv1.Verdict_VERDICT_PASS:
		return !stale
	default:
		return true
	}
}

// failedRaw reports whether a MUST did not hold, known or not.
func failedRaw(verdict tckv1.Verdict) bool {
	return verdict == tckv1.Verdict_VERDICT_FAIL || verdict == tckv1.Verdict_VERDICT_FLAKY ||
		verdict == tckv1.Verdict_VERDICT_KNOWN_FAIL
}

// casesCited are the cases of the whole report, each once, with every requirement
// that has them.
func (v *verifier) casesCited() []*cited {
	var all []*cited
	at := map[string]*cited{}
	for _, row := range v.report.GetRequirements() {
		for _, c := range row.GetCases() {
			if at[c.GetId()] == nil {
				at[c.GetId()] = &cited{result: c}
				all = append(all, at[c.GetId()])
			}
			at[c.GetId()].requirements = append(at[c.GetId()].requirements, row.GetId())
		}
	}
	return all
}

func (c *cited) coveredBy(entry *tckv1.KnownFailure) bool {
	return known.Covers(entry, c.result.GetId(), c.requirements)
}
