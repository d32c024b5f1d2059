package engine

import (
	"context"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/stateward/stateward/tck/trace"
)

// Stage is where one run of one case plays: the subject, the names of its
// entities, what has passed between them, and what its steps remember. Steps
// use it from one goroutine; only Record and RecordFrame may be called from any.
type Stage struct {
	target   Target
	conn     grpc.ClientConnInterface
	patience time.Duration
	prefix   string
	locals   map[reflect.Type]any
	cleanups []func()
	checked  int
	calls    int

	mu     sync.Mutex
	frames []trace.Frame
}

// newStage returns the stage for a run of the case; attempt counts its runs from 0.
func newStage(target Target, c Case, options Options, attempt int) *Stage {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(c.ID)) // a hash.Hash never fails
	prefix := fmt.Sprintf("%x-%x", options.Seed, hash.Sum32())
	if attempt > 0 {
		prefix += fmt.Sprintf("-%d", attempt)
	}
	return &Stage{
		target:   target,
		conn:     target.Conn(),
		patience: options.Patience,
		prefix:   prefix,
		locals:   map[reflect.Type]any{},
	}
}

// Target is the subject, for steps that need more of it than its connection.
func (s *Stage) Target() Target { return s.target }

// Conn is the connection to the subject: that which all cases share, until the case
// has made one of its own.
func (s *Stage) Conn() grpc.ClientConnInterface { return s.conn }

// Connect makes a further connection to the subject, and lets the steps behind it use
// that one. It is closed when the run is over.
func (s *Stage) Connect() error {
	conn, err := s.target.Dial()
	if err != nil {
		return fmt.Errorf("a further connection: %w", err)
	}
	s.Defer(func() { _ = conn.Close() }) // nothing is lost with it
	s.conn = conn
	return nil
}

// Waiting returns a context for one answer of the subject: it ends once the
// patience with the subject does.
func (s *Stage) Waiting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.patience)
}

// Patience is how long one answer may take.
func (s *Stage) Patience() time.Duration { return s.patience }

// Entity returns the entity id for a name in the script: the same for the same
// name throughout the run, and another in each case, each time it is repeated and
// for each seed.
func (s *Stage) Entity(name string) string { return s.prefix + "-" + name }

// Record adds a line to the case's wire that is not a frame of a call.
func (s *Stage) Record(text string) { s.RecordFrame(trace.Frame{Kind: trace.Note, Text: text}) }

// RecordFrame adds a frame of a call to the case's wire.
func (s *Stage) RecordFrame(frame trace.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, frame)
}

// NewCall numbers a further call of this run of the case, from 1.
func (s *Stage) NewCall() int {
	s.calls++
	return s.calls
}

// Checked says that an answer of the subject was held against an expectation,
// and met it. A case in which that never happened does not pass.
func (s *Stage) Checked() { s.checked++ }

// Defer has f called when the run of the case is over, last first.
func (s *Stage) Defer(f func()) { s.cleanups = append(s.cleanups, f) }

// Local returns the T of this run: a zero T the first time, the same ever
// after. Each package of steps keeps what it remembers in a type of its own.
func Local[T any](s *Stage) *T {
	key := reflect.TypeFor[T]()
	if _, ok := s.locals[key]; !ok {
		s.locals[key] = new(T)
	}
	return s.locals[key].(*T) //nolint:forcetypeassert // put there under this key, a line above
}

// close ends the run and returns the frames that have passed.
func (s *Stage) close() []trace.Frame {
	for _, cleanup := range slices.Backward(s.cleanups) {
		cleanup()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}
