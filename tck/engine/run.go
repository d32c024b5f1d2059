package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/trace"
)

// Run runs the cases against the target and returns one result for each, in
// the order of cases. The seed decides the order in which they run. When ctx
// ends, cases that have no verdict yet are unmeasured. Every goroutine that Run
// starts has ended when it returns.
func Run(ctx context.Context, target Target, cases []Case, options Options) []Result {
	r := &runner{target: target, options: options.withDefaults(), needed: needed(cases)}
	results := make([]Result, len(cases))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range r.options.Parallel {
		workers.Go(func() {
			for i := range queue {
				results[i] = r.run(ctx, cases[i])
				r.report(results[i])
			}
		})
	}
	for _, i := range r.order(len(cases)) {
		queue <- i
	}
	close(queue)
	workers.Wait()
	return results
}

// runner is one call of Run.
type runner struct {
	target  Target
	options Options
	needed  map[string]*shared

	mu sync.Mutex // one call of Progress at a time
}

// shared is a case that others need: it runs once for all of them.
type shared struct {
	taken  atomic.Bool
	done   chan struct{} // closed once result is set
	result Result
}

// get runs the case the first time, and returns its result every time.
func (s *shared) get(run func() Result) Result {
	if s.taken.CompareAndSwap(false, true) {
		s.result = run()
		close(s.done)
	}
	<-s.done
	return s.result
}

// needed returns every case that another one needs, however far down, by its id.
func needed(cases []Case) map[string]*shared {
	all := map[string]*shared{}
	for _, c := range cases {
		for need := c.Needs; need != nil; need = need.Needs {
			if all[need.ID] == nil {
				all[need.ID] = &shared{done: make(chan struct{})}
			}
		}
	}
	return all
}

// order returns the indices of n cases as the seed shuffles them.
func (r *runner) order(n int) []int {
	seed := uint64(r.options.Seed)
	return rand.New(rand.NewPCG(seed, seed)).Perm(n) //nolint:gosec // an order to be repeated, not a secret
}

// run runs the case that c needs, and then c; one that others need runs once
// for all of them.
func (r *runner) run(ctx context.Context, c Case) Result {
	attempt := func() Result {
		if c.Needs != nil {
			if need := r.run(ctx, *c.Needs); need.Verdict != tckv1.Verdict_VERDICT_PASS {
				return Result{Case: c, Verdict: tckv1.Verdict_VERDICT_UNMEASURED, Reason: need.because()}
			}
		}
		return r.repeat(ctx, c)
	}
	if once := r.needed[c.ID]; once != nil {
		return once.get(attempt)
	}
	return attempt()
}

// because says why the cases that need this one are unmeasured.
func (r *Result) because() string {
	switch {
	case r.Verdict == tckv1.Verdict_VERDICT_UNMEASURED && r.Case.Needs != nil:
		return r.Reason // the first cause, not the chain
	case r.Reason != "":
		return fmt.Sprintf("%s did not pass: %s", r.Case.ID, r.Reason)
	default:
		return fmt.Sprintf("%s did not pass: expected %s, got %s", r.Case.ID, r.Expected, r.Actual)
	}
}

// play performs the script on a stage of its own.
func (r *runner) play(ctx context.Context, c Case, attempt int) Result {
	start := time.Now()
	stage := newStage(r.target, c, r.options, attempt)
	err := perform(ctx, stage, c.Script)
	frames := stage.close()
	result := Result{Case: c, Wire: wire(frames), Time: time.Since(start)}
	result.judge(ctx, err, stage.checked)
	if result.Verdict != tckv1.Verdict_VERDICT_PASS {
		result.Frames = frames
	}
	return result
}

// wire is the notation of the frames, one line each.
func wire(frames []trace.Frame) []string {
	var lines []string
	for _, frame := range frames {
		if frame.Text != "" {
			lines = append(lines, frame.Text)
		}
	}
	return lines
}

// perform performs the steps up to the first that errs. A panic of a step is
// the kit's error: the other cases still deserve their verdicts.
func perform(ctx context.Context, stage *Stage, script []Step) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a step of the kit panicked: %v", p)
		}
	}()
	for _, step := range script {
		if err := step.Perform(ctx, stage); err != nil {
			return err
		}
	}
	return nil
}

// report calls Progress.
func (r *runner) report(result Result) {
	if r.options.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.options.Progress(result)
}
