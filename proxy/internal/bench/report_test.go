package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestRows covers that each row is measured once, and has a baseline to be related to.
func TestRows(t *testing.T) {
	t.Parallel()
	seen := map[row]bool{}
	for _, r := range rows() {
		if seen[r] {
			t.Errorf("%v is there twice", r)
		}
		seen[r] = true
	}
	for r := range seen {
		if !seen[r.baseline()] {
			t.Errorf("%v has no baseline", r)
		}
	}
}

// TestGoals covers that a goal is related to its own rows, and skipped without them.
func TestGoals(t *testing.T) {
	t.Parallel()
	measured := func(s subject, keys, callers int, rate float64, p50 time.Duration) *result {
		return &result{row: row{subject: s, kind: wire.EventSourced, keys: keys, callers: callers}, rates: []float64{rate}, took: []time.Duration{p50}}
	}
	pebble := subject{store: app.StorePebble}
	unpipelined := subject{store: app.StorePebble, unpipelined: true}
	results := []*result{
		measured(subject{}, many, 64, 1000, 1), measured(pebble, many, 64, 640, 1),
		measured(subject{}, many, 1, 10, 100), measured(pebble, many, 1, 5, 250),
		measured(pebble, hot, 64, 500, 1), measured(unpipelined, hot, 64, 100, 1),
	}
	replays := []replay{{subject: pebble, events: 10, took: time.Second}, {subject: pebble, events: 300_000, took: time.Second}}
	sizes := []entitySize{{subject: pebble, bytes: 16384}}
	var got []string
	for _, g := range goals(results, sizes, replays, start{ready: 100 * time.Millisecond, resident: 41 << 20}) {
		if verdict := g.verdict(); verdict != "skipped" {
			got = append(got, g.what+": "+verdict)
		}
	}
	want := []string{
		"pebble, of bare, 64 callers: not met", "hot key, pebble, of unpipelined: met", "pebble, 1 caller, p50 of bare's: met",
		"bytes for each active entity, plain: met", "events replayed a second, pebble: met",
		"ms from start to ready: met", "MiB of memory, ready and idle: not met",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestPercentile covers the values that stand in the table.
func TestPercentile(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 4, 2, 3}
	for hundredth, want := range map[int]float64{0: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(values, hundredth); got != want {
			t.Errorf("%d: %v, want %v", hundredth, got, want)
		}
	}
	if got := percentile([]time.Duration(nil), 50); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
