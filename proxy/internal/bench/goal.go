package bench

import (
	"strconv"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// goal is a figure that the proxy is to reach.
type goal struct {
	what             string
	wanted, measured float64 // measured is 0 where it was not
	most             bool    // it is to be at most what is wanted
	whole            bool    // it is printed without decimals
}

// verdict says in words whether the goal is reached.
func (g goal) verdict() string {
	switch {
	case g.measured == 0:
		return "skipped"
	case g.most && g.measured <= g.wanted, !g.most && g.measured >= g.wanted:
		return "met"
	default:
		return "not met"
	}
}

func (g goal) sign() string {
	if g.most {
		return "≤"
	}
	return "≥"
}

func (g goal) figure(value float64) string {
	if g.whole {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}

// goals are all of them, with what was measured.
func goals(results []*result, sizes []entitySize, replays []replay, started start) []goal {
	at := func(keys, callers int, s subject) row {
		return row{subject: s, kind: wire.EventSourced, keys: keys, callers: callers}
	}
	pebble, postgres := subject{store: app.StorePebble}, subject{store: app.StorePostgres}
	shared := subject{store: app.StorePebble, multiplexed: true}
	ofBare := func(s subject) float64 { return ratio(results, at(many, 64, s), at(many, 64, subject{})) }
	ahead := func(s subject) float64 {
		one := s
		one.unpipelined = true
		return ratio(results, at(hot, 64, s), at(hot, 64, one))
	}
	return []goal{
		{what: "pebble, of bare, 64 callers", wanted: 0.65, measured: ofBare(pebble)},
		{what: "PostgreSQL, of bare, 64 callers", wanted: 0.45, measured: ofBare(postgres)},
		{what: "pebble, multiplexed, of bare, 64 callers", wanted: 0.90, measured: ofBare(shared)},
		{what: "hot key, pebble, of unpipelined", wanted: 2.5, measured: ahead(pebble)},
		{what: "hot key, PostgreSQL, of unpipelined", wanted: 2.5, measured: ahead(postgres)},
		{what: "pebble, 1 caller, p50 of bare's", wanted: 2.5, most: true, measured: slower(results, at(many, 1, pebble))},
		{what: "bytes for each active entity, plain", wanted: 16 << 10, most: true, whole: true, measured: sizeOf(sizes, pebble)},
		{what: "bytes for each active entity, multiplexed", wanted: 4 << 10, most: true, whole: true, measured: sizeOf(sizes, shared)},
		{what: "events replayed a second, pebble", wanted: 100_000, whole: true, measured: replayed(replays, pebble)},
		{what: "events replayed a second, PostgreSQL", wanted: 100_000, whole: true, measured: replayed(replays, postgres)},
		{what: "ms from start to ready", wanted: 100, most: true, whole: true, measured: float64(started.ready) / float64(time.Millisecond)},
		{what: "MiB of memory, ready and idle", wanted: 40, most: true, measured: started.resident / (1 << 20)},
	}
}

// ratio is how much of the throughput of one row another has; 0 where either is missing.
func ratio(results []*result, of, to row) float64 {
	a, b := find(results, of), find(results, to)
	if a == nil || b == nil {
		return 0
	}
	return a.rate() / b.rate()
}

// slower is how much longer the row's median call takes than the bare proxy's.
func slower(results []*result, r row) float64 {
	a, b := find(results, r), find(results, r.baseline())
	if a == nil || b == nil {
		return 0
	}
	return float64(percentile(a.took, 50)) / float64(percentile(b.took, 50))
}

func sizeOf(sizes []entitySize, s subject) float64 {
	for _, e := range sizes {
		if e.subject == s {
			return e.bytes
		}
	}
	return 0
}

// replayed is the rate of the longest replay.
func replayed(replays []replay, s subject) (rate float64) {
	for _, r := range replays {
		if r.subject == s {
			rate = r.rate()
		}
	}
	return rate
}
