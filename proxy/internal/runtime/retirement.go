package runtime

import "sync"

// retirement tells activations that their connection takes no further stream. One
// goroutine watches each connection that has any.
type retirement struct {
	mu      sync.Mutex
	watches map[<-chan struct{}]*watch
}

// watch is over one connection.
type watch struct {
	activations map[*activation]struct{}
	// empty is closed when there is none any more.
	empty chan struct{}
}

// join watches the connection of the activation, which has one.
func (r *Runtime) join(a *activation) {
	retired := a.retiring
	if retired == nil {
		return
	}
	r.retirement.mu.Lock()
	defer r.retirement.mu.Unlock()
	w := r.retirement.watches[retired]
	if w == nil {
		w = &watch{activations: map[*activation]struct{}{}, empty: make(chan struct{})}
		r.retirement.watches[retired] = w
		r.running.Go(func() { // Ends with the connection or its last activation.
			select {
			case <-retired:
				r.retire(w)
			case <-w.empty:
			}
		})
	}
	w.activations[a] = struct{}{}
}

// part ends the watch over the connection of the activation.
func (r *Runtime) part(a *activation) {
	retired := a.retiring
	if retired == nil {
		return
	}
	r.retirement.mu.Lock()
	defer r.retirement.mu.Unlock()
	w := r.retirement.watches[retired]
	delete(w.activations, a)
	if len(w.activations) == 0 {
		delete(r.retirement.watches, retired)
		close(w.empty)
	}
}

// retire tells the activations of a connection.
func (r *Runtime) retire(w *watch) {
	r.retirement.mu.Lock()
	all := make([]*activation, 0, len(w.activations))
	for a := range w.activations {
		all = append(all, a)
	}
	r.retirement.mu.Unlock()
	for _, a := range all {
		a.wake()
	}
}
