package runtime

import "sync"

// maxWorkers is how many goroutines wait for work at most.
const maxWorkers = 256

// workers are goroutines that serve one entity after another: theirs have the stacks
// that the way to a stream or a store takes, and a new one would grow its own each
// time. There are as many as there is work; few of them wait.
type workers struct {
	// do does a job.
	do   func(job)
	work chan job
	quit chan struct{}
	once sync.Once // closes quit
	// running counts the goroutines.
	running sync.WaitGroup

	mu   sync.Mutex
	idle int
}

func newWorkers(do func(job)) *workers {
	return &workers{do: do, work: make(chan job), quit: make(chan struct{})}
}

// run does the job on a goroutine of its own. It does not wait.
func (w *workers) run(j job) {
	select {
	case w.work <- j:
	default: // None waits.
		w.running.Go(func() { w.serve(j) })
	}
}

// serve does the job, and then whatever there is, until enough others wait for work.
func (w *workers) serve(j job) {
	for more := true; more; j, more = w.next() {
		w.do(j)
	}
}

// next waits for work; false when this goroutine is not wanted any more.
func (w *workers) next() (job, bool) {
	if !w.wait(+1) {
		return job{}, false
	}
	defer w.wait(-1)
	select {
	case j := <-w.work:
		return j, true
	case <-w.quit:
		return job{}, false
	}
}

// wait counts a goroutine that waits in or out, and reports whether it may.
func (w *workers) wait(change int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if change > 0 && w.idle >= maxWorkers {
		return false
	}
	w.idle += change
	return true
}

// close ends the goroutines, of which none has work. It is safe to close twice.
func (w *workers) close() {
	w.once.Do(func() { close(w.quit) })
	w.running.Wait()
}
