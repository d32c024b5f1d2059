package runtime

import "sync"

// resting are the instances that rest, the one that has rested longest first, and
// how many are active. Its lock is taken with an instance's held; no other is taken
// under it.
type resting struct {
	mu          sync.Mutex
	first, last *instance
	active      int
}

// place is an instance's place in the list.
type place struct {
	in             bool
	before, behind *instance
}

// join adds the instance at the end.
func (r *resting) join(i *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i.rest = place{in: true, before: r.last}
	if r.last == nil {
		r.first = i
	} else {
		r.last.rest.behind = i
	}
	r.last = i
}

// leave takes the instance out, if it is in.
func (r *resting) leave(i *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(i)
}

// oldest takes out the instance that has rested longest; nil when none rests.
func (r *resting) oldest() *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.first
	if i != nil {
		r.remove(i)
	}
	return i
}

// beyond takes out the instance that has rested longest where more are active than
// the limit, of which 0 is none.
func (r *resting) beyond(limit int) *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	if limit == 0 || r.active <= limit || r.first == nil {
		return nil
	}
	i := r.first
	r.remove(i)
	return i
}

// count adds to how many are active.
func (r *resting) count(change int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active += change
}

// remove takes the instance out, if it is in. The caller holds mu.
func (r *resting) remove(i *instance) {
	if !i.rest.in {
		return
	}
	if i.rest.before == nil {
		r.first = i.rest.behind
	} else {
		i.rest.before.rest.behind = i.rest.behind
	}
	if i.rest.behind == nil {
		r.last = i.rest.before
	} else {
		i.rest.behind.rest.before = i.rest.before
	}
	i.rest = place{}
}

// crowd passivates the entity that has rested longest where more are active than
// may be (CORE-LIMIT-019). The caller holds no lock.
func (r *Runtime) crowd() {
	if i := r.resting.beyond(r.config.Active); i != nil {
		i.evict()
	}
}
