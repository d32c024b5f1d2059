package report

import (
	"cmp"
	"slices"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Change is what became of one requirement between two reports.
type Change struct {
	// ID, Level and Profile are those of the requirement.
	ID      string `json:"id"`
	Level   string `json:"level"`
	Profile string `json:"profile"`
	// Kind is one of the kinds below.
	Kind Kind `json:"kind"`
	// Before and After are the verdicts; one is unspecified where the report has no
	// such requirement.
	Before tckv1.Verdict `json:"-"`
	After  tckv1.Verdict `json:"-"`
	// Cases are the ids of the cases whose verdicts differ, ordered.
	Cases []string `json:"cases,omitempty"`
}

// Kind says what sort of a change it is.
type Kind string

// The kinds of changes.
const (
	// KindBroken is what passed, whole or in a case, and does so no longer; and what
	// fails and did not.
	KindBroken Kind = "broken"
	// KindFixed is what passes and did not.
	KindFixed Kind = "fixed"
	// KindNew is a requirement that the earlier report does not have, and KindGone one that
	// the later does not.
	KindNew  Kind = "new"
	KindGone Kind = "gone"
	// KindChanged is everything else.
	KindChanged Kind = "changed"
)

// Compare returns what changed from one report to another, by requirement: what is
// broken first, then the other kinds, each ordered by id.
func Compare(before, after *tckv1.Report) []Change {
	var changes []Change
	earlier := map[string]*tckv1.RequirementResult{}
	for _, row := range before.GetRequirements() {
		earlier[row.GetId()] = row
	}
	for _, row := range after.GetRequirements() {
		if change, changed := compareRows(earlier[row.GetId()], row); changed {
			changes = append(changes, change)
		}
		delete(earlier, row.GetId())
	}
	for _, row := range earlier {
		changes = append(changes, Change{
			ID: row.GetId(), Level: row.GetLevel(), Profile: row.GetProfile(), Kind: KindGone, Before: row.GetVerdict(),
		})
	}
	order := []Kind{KindBroken, KindFixed, KindChanged, KindNew, KindGone}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.ID, b.ID))
	})
	return changes
}

// compareRows compares the results of one requirement; before is nil where there is none.
func compareRows(before, after *tckv1.RequirementResult) (change Change, changed bool) {
	change = Change{
		ID: after.GetId(), Level: after.GetLevel(), Profile: after.GetProfile(), Kind: KindChanged,
		Before: before.GetVerdict(), After: after.GetVerdict(),
	}
	if before == nil {
		change.Kind = KindNew
		return change, true
	}
	ids, broken := compareCases(before.GetCases(), after.GetCases())
	change.Cases = ids
	switch {
	case broken, worsened(change.Before, change.After):
		change.Kind = KindBroken
	case change.Before != change.After && change.After == tckv1.Verdict_VERDICT_PASS:
		change.Kind = KindFixed
	case change.Before == change.After && len(change.Cases) == 0:
		return change, false
	}
	return change, true
}

// worsened reports whether the requirement passed and does so no longer, or fails and
// did not.
func worsened(before, after tckv1.Verdict) bool {
	return before != after && (before == tckv1.Verdict_VERDICT_PASS && after != tckv1.Verdict_VERDICT_STALE_KNOWN ||
		after == tckv1.Verdict_VERDICT_FAIL || after == tckv1.Verdict_VERDICT_FLAKY || after == tckv1.Verdict_VERDICT_KIT_ERROR)
}

// compareCases returns the ids of the cases of both whose verdicts differ, and whether
// one of them passed and does so no longer.
func compareCases(before, after []*tckv1.CaseResult) (ids []string, broken bool) {
	for _, now := range after {
		at := slices.IndexFunc(before, func(c *tckv1.CaseResult) bool { return c.GetId() == now.GetId() })
		if at < 0 || before[at].GetVerdict() == now.GetVerdict() {
			continue
		}
		ids = append(ids, now.GetId())
		broken = broken || worsened(before[at].GetVerdict(), now.GetVerdict())
	}
	return ids, broken
}
