package scenario_test

import (
	"slices"
	"sync"
	"time"
)

// flushTime is within what time the store has a local write of a replicated
// entity: the flush interval of 500 ms, and the time of the write itself.
const flushTime = time.Second

// past is what became of one site's proxy and store, as far as it excuses the
// loss of local writes. It is safe for concurrent use.
type past struct {
	mu     sync.Mutex
	last   time.Time   // when anything was last killed
	kills  []time.Time // of the proxy
	stalls []span      // of the store
}

// span is a time from one moment to another.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && !t.After(s.to) }

// killed notes that one side is being killed.
func (p *past) killed(proxy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	if proxy {
		p.kills = append(p.kills, p.last)
	}
}

// crashed notes that the server was crashed, and when it was there again.
func (p *past) crashed(outage span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = outage.to
	p.stalls = append(p.stalls, outage)
}

// stalled notes a time in which the disk, or the machine, stood still.
func (p *past) stalled(stall span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalls = append(p.stalls, stall)
}

// excuses reports whether a local write may be gone: whether the proxy was killed
// while it was made, or before the store must have had it. Then age is how old
// the write was.
func (p *past) excuses(write span) (age time.Duration, excused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := write.to.Add(flushTime)
	for _, stall := range p.stalls { // in order
		if !stall.from.After(until) && !stall.to.Before(write.to) {
			until = stall.to.Add(flushTime)
		}
	}
	exposed := span{write.from, until}
	kill := slices.IndexFunc(p.kills, exposed.holds)
	if kill < 0 {
		return 0, false
	}
	return p.kills[kill].Sub(write.to), true
}

// disturbed reports whether anything was killed since.
func (p *past) disturbed(since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last.After(since)
}
