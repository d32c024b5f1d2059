package admin

import (
	"slices"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// kept is how many seconds the pulse remembers.
const kept = 300

// pulse remembers what the metrics said in each of the last seconds. Its methods may be
// called from any goroutine.
type pulse struct {
	bounds []time.Duration // of telemetry.Tally.Within

	mu    sync.Mutex
	beats []beat // the oldest first; one more than are kept, for the first has none before it
	// next is closed with the next beat.
	next chan struct{}
}

// beat is what the metrics said once.
type beat struct {
	at     time.Time
	sample telemetry.Sample
	active int
}

func newPulse(bounds []time.Duration) *pulse {
	return &pulse{bounds: bounds, next: make(chan struct{})}
}

// beat remembers a sample.
func (p *pulse) beat(at time.Time, sample telemetry.Sample, active int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.beats) > kept {
		p.beats = slices.Delete(p.beats, 0, 1)
	}
	p.beats = append(p.beats, beat{at, sample, active})
	close(p.next)
	p.next = make(chan struct{})
}

// read returns what is remembered, and a channel that is closed with the next beat.
func (p *pulse) read() ([]beat, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.beats), p.next
}

// rate is what was done between two beats.
type rate struct {
	seconds         float64
	count, failures uint64
	within          []uint64
}

// between returns what was done by the kinds, all of them where none is named.
func between(from, to beat, kinds ...wire.Kind) rate {
	r := rate{seconds: to.at.Sub(from.at).Seconds()}
	for of, now := range to.sample.Commands {
		if len(kinds) > 0 && !slices.Contains(kinds, of) {
			continue
		}
		before := from.sample.Commands[of]
		r.count += now.Count - before.Count
		r.failures += now.Failures - before.Failures
		for i, n := range now.Within {
			if i == len(r.within) {
				r.within = append(r.within, 0)
			}
			r.within[i] += n
			if i < len(before.Within) {
				r.within[i] -= before.Within[i]
			}
		}
	}
	return r
}

// perSecond returns so many a second.
func (r rate) perSecond(n uint64) float64 {
	if r.seconds <= 0 {
		return 0
	}
	return float64(n) / r.seconds
}

// quantile returns the time within which the share was answered, as if those between two
// bounds were spread evenly; false when there was none.
func (r rate) quantile(share float64, bounds []time.Duration) (time.Duration, bool) {
	if r.count == 0 {
		return 0, false
	}
	want, lower, below := share*float64(r.count), time.Duration(0), uint64(0)
	for i, upper := range bounds {
		if i == len(r.within) {
			break
		}
		if n := r.within[i]; float64(n) >= want && n > below {
			part := (want - float64(below)) / float64(n-below)
			return lower + time.Duration(part*float64(upper-lower)), true
		}
		lower, below = upper, r.within[i]
	}
	return lower, true // It took longer than the last bound.
}
