// Package engine runs conformance cases. A case is a value; running it against
// a subject gives a verdict and the evidence for it.
package engine

import (
	"context"
	"time"

	"google.golang.org/grpc"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/trace"
)

// Level says how strictly the requirements of a case bind.
type Level string

// The levels. A case cites requirements of one level only.
const (
	// Must is the level of a case whose failure is a failure. It is the zero
	// value, so that a case binds unless it says otherwise.
	Must Level = ""
	// Should is the level of a case whose failure is a warning.
	Should Level = "SHOULD"
)

// Case is one check: which requirements it measures, what is sent and what is
// expected. The same case runs against any subject, and any number of times at
// once: whatever a run remembers is on its [Stage].
type Case struct {
	// ID is its name for ever, such as "event-sourced/rehydrate/snapshot-then-events".
	ID string
	// Requirements are the ids that it measures, of one level and profile;
	// never empty.
	Requirements []string
	// Profile is the profile that it belongs to, such as "event-sourced".
	Profile string
	// Model is the profile of the kind of model entity that it runs on, such as
	// "event-sourced"; empty when it needs none.
	Model string
	// Level is that of its requirements.
	Level Level
	// Needs, when not nil, is the case that has to pass before this one can
	// tell anything. It runs once, whether it was selected or not; when it does
	// not pass, this case is unmeasured, so that one cause is reported once.
	Needs *Case
	// Cloudstate names the checks of Cloudstate's own kit that this case makes too,
	// such as "value/update"; nil when that kit has nothing like it.
	Cloudstate []string
	// Newer says that the case asks for what Cloudstate 0.2 lacks: a function that
	// speaks its dialect is not asked it.
	Newer bool
	// Script is what is sent and expected, in order.
	Script []Step
}

// Step is one line of a script. It is a value: performing it changes the stage
// and never the step.
type Step interface {
	// Describe says in one line what the step sends or expects.
	Describe() string
	// Perform does it. A *MismatchError says that the subject is wrong; any other
	// error, that the kit is. A step that waits for the subject waits for at
	// most the stage's patience for each answer.
	Perform(ctx context.Context, stage *Stage) error
}

// Target is a subject that is ready: its discovery has been answered once.
type Target interface {
	// Conn is the connection on which cases open their streams. It is shared.
	Conn() grpc.ClientConnInterface
	// Dial returns a further connection, for a case that needs one of its own. It
	// does not wait until the subject can be reached. The caller closes it.
	Dial() (Connection, error)
}

// Connection is a connection to the subject that can be closed.
type Connection interface {
	grpc.ClientConnInterface
	Close() error
}

// Options say how cases run.
type Options struct {
	// Patience bounds each expectation; a correct subject answers well within
	// it. 3 s when it is not positive.
	Patience time.Duration
	// Seed orders the cases and names the entities.
	Seed int64
	// Parallel is how many cases run at once; 1 when it is not positive.
	Parallel int
	// Repeat is how often each case runs; once when it is not positive. One that
	// does not always give the same verdict is flaky.
	Repeat int
	// Progress, when not nil, is called after each case, from one goroutine at a time.
	Progress func(Result)
}

// Result is the verdict on one case, and its evidence.
type Result struct {
	Case    Case
	Verdict tckv1.Verdict
	// Runs is how often the case ran, and Failed in how many of them it did not
	// hold; both are 0 when it was not run.
	Runs, Failed int
	// Expected and Actual are set when an expectation was not met: when the verdict
	// is fail, warn, flaky or known-fail.
	Expected, Actual string
	// Likely is the kit's guess at the cause; may be empty.
	Likely string
	// Reason says why the case is unmeasured, how the kit erred, how often it
	// failed, or what a list of known failures says of it; empty otherwise.
	Reason string
	// Wire is the notation of every frame that was sent and received, in order.
	Wire []string
	// Frames are the same with their bytes; nil when the case passed.
	Frames []trace.Frame
	Time   time.Duration
}

// defaultPatience is generous: it is only ever waited out by a subject that
// does not answer.
const defaultPatience = 3 * time.Second

// withDefaults returns the options with what was left out filled in.
func (o Options) withDefaults() Options {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	o.Parallel, o.Repeat = max(o.Parallel, 1), max(o.Repeat, 1)
	return o
}
