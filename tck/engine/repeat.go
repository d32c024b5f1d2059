package engine

import (
	"context"
	"fmt"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// repeat plays the case as often as the options say, each time on a stage of its
// own, and makes one result of all.
func (r *runner) repeat(ctx context.Context, c Case) Result {
	total := r.play(ctx, c, 0)
	total.count()
	for attempt := 1; attempt < r.options.Repeat; attempt++ {
		if !total.decides() {
			return total // nothing is learnt by more
		}
		next := r.play(ctx, c, attempt)
		next.count()
		total = total.join(next)
	}
	total.settle()
	return total
}

// count counts the one run that the result is of.
func (r *Result) count() {
	r.Runs = 1
	if r.Verdict != tckv1.Verdict_VERDICT_PASS {
		r.Failed = 1
	}
}

// decides reports whether the verdict is one on the subject.
func (r *Result) decides() bool {
	switch r.Verdict {
	case tckv1.Verdict_VERDICT_PASS, tckv1.Verdict_VERDICT_FAIL, tckv1.Verdict_VERDICT_WARN:
		return true
	default:
		return false
	}
}

// join returns the result of both runs: the evidence is that of the first run
// that did not pass, or that says nothing of the subject.
func (r *Result) join(next Result) Result {
	evidence := *r
	if !next.decides() || r.Failed == 0 && next.Failed > 0 {
		evidence = next
	}
	evidence.Runs, evidence.Failed = r.Runs+next.Runs, r.Failed+next.Failed
	evidence.Time = r.Time + next.Time
	return evidence
}

// settle gives the verdict on runs that did not end alike. A SHOULD that is not
// always met stays a warning.
func (r *Result) settle() {
	if !r.decides() || r.Failed == 0 || r.Failed == r.Runs {
		return
	}
	r.Reason = fmt.Sprintf("it failed in %d of %d runs", r.Failed, r.Runs)
	if r.Verdict == tckv1.Verdict_VERDICT_FAIL {
		r.Verdict = tckv1.Verdict_VERDICT_FLAKY
	}
}
