package runtime

import "sync"

// resting are the instances that rest, the one that has rested longest first, and how
// many are active, those that are evicted not counted. Its lock is taken with an instance's held; no other is taken
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

// oldest takes out the instance that has rested longest, to be evicted, where more than
// the limit are active; nil when none rests.
func (r *resting) oldest(limit int) *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.first
	if i == nil || r.active <= limit {
		return nil
	}
	r.remove(i)
	r.active--
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
	if r.config.Active == 0 {
		return
	}
	if i := r.resting.oldest(r.config.Active); i != nil {
		i.evict()
	}
}
