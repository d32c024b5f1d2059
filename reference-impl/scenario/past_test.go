package scenario_test

import (
	"sync"
	"time"
)

// flushTime is within what time the store has a local write of a replicated
// entity: the flush interval of 500 ms, and the time of the write itself.
const flushTime = time.Second

// past is what became of one site's proxy and store, as far as it excuses the
// loss of local writes. It is safe for concurrent use.
type past struct {
	mu      sync.Mutex
	last    time.Time   // when anything was last killed
	kills   []time.Time // of the proxy
	outages []span      // of the store
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

// without notes a time without the store.
func (p *past) without(outage span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = outage.to
	p.outages = append(p.outages, outage)
}

// excuses reports whether a local write may be gone: whether the proxy was killed
// while it was made, or before the store must have had it.
func (p *past) excuses(write span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, outage := range p.outages {
		if outage.holds(write.to) || outage.holds(write.to.Add(flushTime)) {
			write.to = outage.to
		}
	}
	write.to = write.to.Add(flushTime)
	for _, kill := range p.kills {
		if write.holds(kill) {
			return true
		}
	}
	return false
}

// disturbed reports whether anything was killed since.
func (p *past) disturbed(since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last.After(since)
}
