package runtime

import "sync"

// resting are the instances that rest, the one that has rested longest first. Its lock
// is taken with an instance's held; no other is taken under it.
type resting struct {
	mu          sync.Mutex
	first, last *instance
	// active is how many are active, those that are evicted not counted: they are
	// leaving. Waiting is how many wait for the stream of one that leaves.
	active, leaving, waiting int
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
// the limit are active, 0 for no limit, or more wait than leave; nil when none rests.
func (r *resting) oldest(limit int) *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.first
	crowded := limit > 0 && r.active > limit || r.waiting > r.leaving
	if i == nil || !crowded {
		return nil
	}
	r.expel(i)
	return i
}

// longest takes out the instance that has rested longest, to be evicted; nil when none
// rests.
func (r *resting) longest() *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.first
	if i != nil {
		r.expel(i)
	}
	return i
}

// take takes out the instance, to be evicted; false when it does not rest.
func (r *resting) take(i *instance) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !i.rest.in {
		return false
	}
	r.expel(i)
	return true
}

// expel takes the instance out and counts it as one that leaves. The caller holds mu.
func (r *resting) expel(i *instance) {
	r.remove(i)
	r.active--
	r.leaving++
}

// stays counts one as active that was evicted, and has something to do again.
func (r *resting) stays() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active++
	r.leaving--
}

// left notes that one that was evicted has gone.
func (r *resting) left() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving--
}

// wait notes how many wait for a stream.
func (r *resting) wait(waiting int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = waiting
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

// crowd passivates those that have rested longest where more are active than may be
// (CORE-LIMIT-019), or somebody waits for a stream. The caller holds no lock.
func (r *Runtime) crowd() {
	for i := r.resting.oldest(r.config.Active); i != nil; i = r.resting.oldest(r.config.Active) {
		i.evict()
	}
}

// Relieve notes that so many wait for the stream of another. While there are any, the
// entity that has rested longest is passivated for each, or that which rests next
// (DISC-INC-009).
func (r *Runtime) Relieve(waiting int) {
	r.resting.wait(waiting)
	r.crowd()
}
