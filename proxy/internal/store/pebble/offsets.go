package pebble

import "sync"

// offsetsOfEpoch is how many offsets there are for one opening of the store. The
// epoch of the opening stands above them, so that they grow from one to the next.
const offsetsOfEpoch = 1 << 40

// maxEpoch is the last for which there are offsets.
const maxEpoch = 1<<22 - 1

// offsets gives the events their places in the log, and knows how far all that it
// gave are settled: commits may end in another order than the one in which they took
// their offsets.
type offsets struct {
	mu   sync.Mutex
	last int64              // what was given last
	open map[int64]struct{} // the first ones of those whose outcome is open
}

func newOffsets(epoch int64) *offsets {
	return &offsets{last: epoch * offsetsOfEpoch, open: map[int64]struct{}{}}
}

// take gives so many offsets, and returns the first; 0 for none. Until it is settled,
// no reader goes past it.
func (o *offsets) take(count int) (first int64) {
	if count == 0 {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	first = o.last + 1
	o.last += int64(count)
	o.open[first] = struct{}{}
	return first
}

// settle says that what has the offsets from the first on is durable, or that nothing
// has them.
func (o *offsets) settle(first int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, first)
}

// settled returns the offset up to which all are settled.
func (o *offsets) settled() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	end := o.last
	for first := range o.open {
		end = min(end, first-1)
	}
	return end
}
