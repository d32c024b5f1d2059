package known

import (
	"fmt"
	"slices"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Unknown returns one sentence for each entry that names nothing whose failure it
// could excuse: no case of a MUST, and no requirement that one measures.
func (l List) Unknown(all []engine.Case) []string {
	var problems []string
	for _, entry := range l {
		named := slices.DeleteFunc(slices.Clone(all), func(c engine.Case) bool { return !Covers(entry, c.ID, c.Requirements) })
		switch {
		case len(named) == 0:
			problems = append(problems, entry.GetId()+" is no case, and no requirement that has one")
		case !slices.ContainsFunc(named, func(c engine.Case) bool { return c.Level == engine.Must }):
			problems = append(problems, entry.GetId()+" is a SHOULD, which fails nothing and needs no entry")
		}
	}
	return problems
}

// Judge returns the results with the verdicts that the list gives them. A failure
// that an entry covers becomes known-fail, unless the entry has expired. A case that
// passed becomes stale-known when it is listed, by an entry of which nothing failed.
// All other results stay as they are.
func (l List) Judge(results []engine.Result) []engine.Result {
	judged := slices.Clone(results)
	for i := range judged {
		l.judge(&judged[i], results)
	}
	return judged
}

func (l List) judge(r *engine.Result, all []engine.Result) {
	for _, entry := range l {
		switch {
		case !Covers(entry, r.Case.ID, r.Case.Requirements):
		case failed(*r) && entry.GetExpired():
			r.Reason = join(r.Reason, fmt.Sprintf("known until %s: %s", entry.GetExpires(), about(entry)))
		case failed(*r):
			r.Verdict, r.Reason = tckv1.Verdict_VERDICT_KNOWN_FAIL, join(r.Reason, "known: "+about(entry))
		case r.Verdict == tckv1.Verdict_VERDICT_PASS && !slices.ContainsFunc(all, func(other engine.Result) bool {
			return failed(other) && Covers(entry, other.Case.ID, other.Case.Requirements)
		}):
			r.Verdict = tckv1.Verdict_VERDICT_STALE_KNOWN
			r.Reason = fmt.Sprintf("%s is listed as failing, and it passes: %s", entry.GetId(), about(entry))
		}
	}
}

// failed reports whether a MUST did not hold.
func failed(r engine.Result) bool {
	return r.Verdict == tckv1.Verdict_VERDICT_FAIL || r.Verdict == tckv1.Verdict_VERDICT_FLAKY
}

// about is what the entry says of the failure.
func about(entry *tckv1.KnownFailure) string {
	if entry.GetIssue() == "" {
		return entry.GetReason()
	}
	return fmt.Sprintf("%s (%s)", entry.GetReason(), entry.GetIssue())
}

func join(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
}
