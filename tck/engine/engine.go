// Package engine runs conformance cases. A case is a value; running it against
// a subject gives a verdict and the evidence for it.
package engine

import (
	"context"
	"time"

	"google.golang.org/grpc"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// Case is one check: which requirements it measures, what is sent and what is
// expected. The same case runs against any subject.
type Case struct {
	// ID is its name for ever, such as "event-sourced/replay/snapshot-then-events".
	ID string
	// Requirements are the ids that it measures; never empty.
	Requirements []string
	// Profile is the profile that it belongs to, such as "event-sourced".
	Profile string
	// Script is what is sent and expected, in order.
	Script []Step
}

// Step is one line of a script.
type Step interface {
	// Describe says in one line what the step sends or expects.
	Describe() string
}

// Target is a subject that is ready: its discovery has been answered once.
type Target interface {
	// Conn is the connection on which cases open their streams. It is shared.
	Conn() grpc.ClientConnInterface
}

// Options say how cases run.
type Options struct {
	// Patience bounds each expectation; a correct subject answers well within it.
	Patience time.Duration
	// Seed orders the cases and names the entities.
	Seed int64
	// Parallel is how many cases run at once; at least 1.
	Parallel int
	// Progress, when not nil, is called after each case, from one goroutine at a time.
	Progress func(Result)
}

// Result is the verdict on one case, and its evidence.
type Result struct {
	Case    Case
	Verdict tckv1.Verdict
	// Expected and Actual are empty when the case passed.
	Expected, Actual string
	// Likely is the kit's guess at the cause; may be empty.
	Likely string
	// Wire is every frame that was sent and received, in order.
	Wire []string
	Time time.Duration
}

// Run runs the cases against the target and returns one result for each, in
// the order of cases.
func Run(ctx context.Context, target Target, cases []Case, options Options) []Result {
	panic("being built")
}
