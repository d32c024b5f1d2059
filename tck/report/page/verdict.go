package page

import (
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// verdict is a verdict as the page shows it: by a sign, a word and a colour, for not
// everybody sees all three.
type verdict struct {
	Word, Sign string
	rank       int // what needs a reader first
}

// ranking lists the verdicts in the order in which they need a reader.
var ranking = []struct {
	verdict tckv1.Verdict
	sign    string
}{
	{tckv1.Verdict_VERDICT_KIT_ERROR, "?"},
	{tckv1.Verdict_VERDICT_FAIL, "✗"},
	{tckv1.Verdict_VERDICT_FLAKY, "≈"},
	{tckv1.Verdict_VERDICT_WARN, "!"},
	{tckv1.Verdict_VERDICT_UNMEASURED, "–"},
	{tckv1.Verdict_VERDICT_STALE_KNOWN, "±"},
	{tckv1.Verdict_VERDICT_KNOWN_FAIL, "×"},
	{tckv1.Verdict_VERDICT_PASS, "✓"},
	{tckv1.Verdict_VERDICT_EXCUSED, "○"},
	{tckv1.Verdict_VERDICT_NOT_APPLICABLE, "·"},
}

func verdictOf(v tckv1.Verdict) verdict {
	for rank, known := range ranking {
		if known.verdict == v {
			return verdict{word(v.String(), "VERDICT_"), known.sign, rank}
		}
	}
	return verdict{"unknown", "?", -1}
}

// Settled reports whether nobody has to look at it.
func (v verdict) Settled() bool { return v.rank >= verdictOf(tckv1.Verdict_VERDICT_PASS).rank }

// Grave reports whether the subject or the kit is at fault.
func (v verdict) Grave() bool { return v.rank < verdictOf(tckv1.Verdict_VERDICT_WARN).rank }

// word is the name of an enum's value as people write it.
func word(name, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", "-")
}
