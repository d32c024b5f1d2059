package report

import (
	"strings"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// caseResult keeps the evidence of what did not pass; repro may be nil.
func caseResult(result engine.Result, repro func(engine.Result) string) *tckv1.CaseResult {
	c := &tckv1.CaseResult{Id: result.Case.ID, Verdict: result.Verdict, Micros: result.Time.Microseconds()}
	if result.Runs > 1 {
		c.Runs, c.FailedRuns = int32(result.Runs), int32(result.Failed)
	}
	if result.Verdict == tckv1.Verdict_VERDICT_PASS {
		return c
	}
	c.Reason = valid(result.Reason)
	if result.Verdict == tckv1.Verdict_VERDICT_STALE_KNOWN {
		return c // it passed
	}
	c.Expected, c.Actual, c.Likely = valid(result.Expected), valid(result.Actual), valid(result.Likely)
	for _, frame := range result.Wire {
		c.Wire = append(c.Wire, valid(frame))
	}
	if repro != nil {
		c.Repro = valid(repro(result))
	}
	return c
}

// Message is what a person needs to know of a case that did not pass, one thought a
// line; it is empty for one that passed.
func Message(c *tckv1.CaseResult) string {
	var lines []string
	for _, part := range []struct{ name, text string }{
		{"", c.GetReason()},
		{"expected: ", c.GetExpected()},
		{"actual: ", c.GetActual()},
		{"likely: ", c.GetLikely()},
	} {
		if part.text != "" {
			lines = append(lines, part.name+part.text)
		}
	}
	return strings.Join(lines, "\n")
}

// MessageOf is the [Message] of a result that is in no report yet.
func MessageOf(result engine.Result) string { return Message(caseResult(result, nil)) }

// evident reports whether a case has the evidence that its verdict wants, and no other:
// whoever calls the subject wrong says what was expected and what came, and whoever
// does not says why not.
func evident(c *tckv1.CaseResult) bool {
	mismatch := c.GetExpected() != "" && c.GetActual() != ""
	matched := c.GetExpected() == "" && c.GetActual() == "" && c.GetLikely() == ""
	unseen := len(c.GetWire()) == 0 && c.GetRepro() == ""
	switch c.GetVerdict() {
	case tckv1.Verdict_VERDICT_PASS:
		return matched && unseen && c.GetReason() == ""
	case tckv1.Verdict_VERDICT_STALE_KNOWN:
		return matched && unseen && c.GetReason() != ""
	case tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_WARN:
		return mismatch
	case tckv1.Verdict_VERDICT_FLAKY, tckv1.Verdict_VERDICT_KNOWN_FAIL:
		return mismatch && c.GetReason() != ""
	default: // unmeasured, or an error of the kit
		return matched && c.GetReason() != ""
	}
}

// valid makes text of a subject fit for protobuf, JSON and YAML.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
