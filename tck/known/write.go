package known

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// term is for how long a new entry excuses a failure, until somebody says otherwise.
const term = 90 * 24 * time.Hour

const heading = `# Failures that are known, for tck --known. An entry needs a reason, and excuses the
# failure up to and with the day on which it expires. One that no longer fails has to
# be taken off.
`

// Write returns a list of the cases that failed in a report. The entries that the
// report was made with stay as they are; the reasons of the others are for a person
// to fill in, and until then the list is refused.
func Write(r *tckv1.Report, today time.Time) []byte {
	var out strings.Builder
	out.WriteString(heading)
	failed, old := failures(r), kept(r)
	if len(failed)+len(old) == 0 {
		return []byte(out.String() + "known: []\n")
	}
	out.WriteString("known:\n")
	for _, entry := range old {
		write(&out, entry)
	}
	for _, c := range failed {
		comment(&out, "", c.GetReason())
		comment(&out, "expected: ", c.GetExpected())
		comment(&out, "actual: ", c.GetActual())
		comment(&out, "likely: ", c.GetLikely())
		write(&out, &tckv1.KnownFailure{Id: c.GetId(), Expires: today.UTC().Add(term).Format(time.DateOnly)})
	}
	return []byte(out.String())
}

// comment writes what the report says of a case, however many lines it has.
func comment(out *strings.Builder, name, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(name + text) {
		fmt.Fprintf(out, "  # %s\n", strings.TrimSpace(line))
	}
}

func write(out *strings.Builder, entry *tckv1.KnownFailure) {
	fmt.Fprintf(out, "  - id: %s\n    reason: %q\n    issue: %q\n    expires: %q\n",
		entry.GetId(), entry.GetReason(), entry.GetIssue(), entry.GetExpires())
}

// failures are the cases that failed and are not listed, each once, in order.
func failures(r *tckv1.Report) []*tckv1.CaseResult {
	var all []*tckv1.CaseResult
	for _, row := range r.GetRequirements() {
		for _, c := range row.GetCases() {
			failed := c.GetVerdict() == tckv1.Verdict_VERDICT_FAIL || c.GetVerdict() == tckv1.Verdict_VERDICT_FLAKY
			seen := slices.ContainsFunc(all, func(known *tckv1.CaseResult) bool { return known.GetId() == c.GetId() })
			if failed && !seen {
				all = append(all, c)
			}
		}
	}
	return all
}

// kept are the entries of the report's list that excuse something still.
func kept(r *tckv1.Report) []*tckv1.KnownFailure {
	return slices.DeleteFunc(slices.Clone(r.GetKnownFailures()), func(entry *tckv1.KnownFailure) bool {
		return entry.GetExpired() || !slices.ContainsFunc(r.GetRequirements(), func(row *tckv1.RequirementResult) bool {
			return slices.ContainsFunc(row.GetCases(), func(c *tckv1.CaseResult) bool {
				return c.GetVerdict() == tckv1.Verdict_VERDICT_KNOWN_FAIL && Covers(entry, c.GetId(), []string{row.GetId()})
			})
		})
	})
}
