package admin

import (
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/telemetry"
)

// TestRate reads rates and quantiles off two samples.
func TestRate(t *testing.T) {
	t.Parallel()
	bounds := []time.Duration{time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond}
	begin := time.Unix(1000, 0)
	before := beat{at: begin, sample: telemetry.Sample{Commands: map[string]telemetry.Tally{
		"a": {Count: 10, Failures: 1, Within: []uint64{10, 10, 10}},
	}}}
	after := beat{at: begin.Add(2 * time.Second), sample: telemetry.Sample{Commands: map[string]telemetry.Tally{
		"a": {Count: 110, Failures: 3, Within: []uint64{60, 110, 110}}, // 50 within 1 ms, 50 within 2 ms
		"b": {Count: 100, Within: []uint64{0, 0, 98}},                  // and 2 beyond all bounds
	}}}
	for name, test := range map[string]struct {
		types            []string
		commands, failed float64
		p50, p99         time.Duration
	}{
		"of one type":   {[]string{"a"}, 50, 1, time.Millisecond, 1980 * time.Microsecond},
		"of another":    {[]string{"b"}, 50, 0, 3020408 * time.Nanosecond, 4 * time.Millisecond},
		"of all":        {nil, 100, 1, 2 * time.Millisecond, 4 * time.Millisecond},
		"of none there": {[]string{"c"}, 0, 0, 0, 0},
	} {
		r := between(before, after, test.types...)
		p50, _ := r.quantile(0.5, bounds)
		p99, _ := r.quantile(0.99, bounds)
		if r.perSecond(r.count) != test.commands || r.perSecond(r.failures) != test.failed ||
			(p50-test.p50).Abs() > time.Microsecond || (p99-test.p99).Abs() > time.Microsecond {
			t.Errorf("%s: %v a second, %v failed, p50 %v, p99 %v; want %+v", name, r.perSecond(r.count), r.perSecond(r.failures), p50, p99, test)
		}
	}
}

// TestPulse remembers the last five minutes, and no more.
func TestPulse(t *testing.T) {
	t.Parallel()
	p := newPulse(nil)
	_, next := p.read()
	for n := range kept + 50 {
		p.beat(time.Unix(int64(n), 0), telemetry.Sample{}, n)
	}
	<-next
	beats, _ := p.read()
	if len(beats) != kept+1 || beats[0].active != 49 || beats[kept].active != kept+49 {
		t.Errorf("%d beats, from %d to %d", len(beats), beats[0].active, beats[len(beats)-1].active)
	}
}
