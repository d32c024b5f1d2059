package runtime

import "sync"

// maxWorkers is how many goroutines wait for work at most.
const maxWorkers = 256

// workers are goroutines that serve one entity after another: theirs have the stacks
// that the way to a stream or a store takes, and a new one would grow its own each
// time. There are as many as there is work; few of them wait.
type workers struct {
	work chan func()
	quit chan struct{}
	once sync.Once // closes quit
	// running counts the goroutines.
	running sync.WaitGroup

	mu   sync.Mutex
	idle int
}

func newWorkers() *workers { return &workers{work: make(chan func()), quit: make(chan struct{})} }

// run runs f on a goroutine of its own. It does not wait.
func (w *workers) run(f func()) {
	select {
	case w.work <- f:
	default: // None waits.
		w.running.Go(func() { w.serve(f) })
	}
}

// serve runs f, and then whatever there is, until enough others wait for work.
func (w *workers) serve(f func()) {
	for f != nil {
		f()
		f = w.next()
	}
}

// next waits for work; nil when this goroutine is not wanted any more.
func (w *workers) next() func() {
	if !w.wait(+1) {
		return nil
	}
	defer w.wait(-1)
	select {
	case f := <-w.work:
		return f
	case <-w.quit:
		return nil
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
