package engine

import (
	"context"
	"errors"
	"fmt"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// MismatchError is the error of a step whose expectation the subject did not meet.
type MismatchError struct {
	// Expected and Actual are in the notation of the wire, one line each.
	Expected, Actual string
	// Likely is a guess at the cause; may be empty.
	Likely string
}

// Error says what was expected and what came.
func (m *MismatchError) Error() string {
	return fmt.Sprintf("expected %s, got %s", m.Expected, m.Actual)
}

// judge turns the outcome of a script into a verdict. It never passes a case
// in which no answer of the subject was checked, and it blames the subject for
// nothing but a mismatch.
func (r *Result) judge(ctx context.Context, err error, checked int) {
	mismatch, mismatched := errors.AsType[*MismatchError](err)
	switch {
	case ctx.Err() != nil:
		r.Verdict = tckv1.Verdict_VERDICT_UNMEASURED
		r.Reason = "the run was ended: " + context.Cause(ctx).Error()
	case mismatched:
		r.Verdict = tckv1.Verdict_VERDICT_FAIL
		if r.Case.Level == Should {
			r.Verdict = tckv1.Verdict_VERDICT_WARN
		}
		r.Expected, r.Actual, r.Likely = mismatch.Expected, mismatch.Actual, mismatch.Likely
	case err != nil:
		r.Verdict = tckv1.Verdict_VERDICT_KIT_ERROR
		r.Reason = err.Error()
	case checked == 0:
		r.Verdict = tckv1.Verdict_VERDICT_KIT_ERROR
		r.Reason = "the script has ended, and no answer of the subject was checked"
	default:
		r.Verdict = tckv1.Verdict_VERDICT_PASS
	}
}
