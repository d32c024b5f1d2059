package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	// written is how many events one command makes where they are made for a replay.
	written = 1000
	// samples is how many entities with the same number of events are activated.
	samples = 3
)

// replay is how long an activation takes.
type replay struct {
	subject

	events int
	took   time.Duration // the median, with one command
}

// rate is how many events a second are replayed.
func (r replay) rate() float64 { return float64(r.events) / r.took.Seconds() }

// replays measures the activation of entities with so many events and no snapshot.
func (l *lab) replays(ctx context.Context) (all []replay, err error) {
	if l.entities == 0 {
		return nil, nil
	}
	for _, s := range []subject{
		{store: app.StorePebble}, {store: app.StorePebble, multiplexed: true}, {store: app.StorePostgres},
	} {
		if s.store == app.StorePostgres && l.postgres == nil {
			continue
		}
		some, err := l.replaysOf(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("replay, %v: %w", s, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// replaysOf writes the events by one proxy and activates the entities in the next.
func (l *lab) replaysOf(ctx context.Context, s subject) (all []replay, err error) {
	store, err := l.storeOf(ctx, s.store)
	if err != nil {
		return nil, err
	}
	counts := []int{10, 1000, 100_000}
	if err := l.with(ctx, s, store, func(c *callers, _ *part) error { return writeEvents(ctx, c, counts) }); err != nil {
		return nil, err
	}
	err = l.with(ctx, s, store, func(c *callers, p *part) error {
		if l.profiles != "" {
			if _, err := p.tell(wordProfile, filepath.Join(l.profiles, "replay "+s.String()+".pprof")); err != nil {
				return err
			}
			defer func() { _, _ = p.tell(wordEnd) }() // the measure counts
		}
		for _, count := range counts {
			took, err := activate(ctx, c, count)
			if err != nil {
				return err
			}
			all = append(all, replay{subject: s, events: count, took: took})
		}
		return nil
	})
	return all, err
}

// with runs a proxy on the store.
func (l *lab) with(ctx context.Context, s subject, store []string, do func(*callers, *part) error) error {
	p, err := l.startProxy(ctx, s, store...)
	if err != nil {
		return err
	}
	c, err := dial(p.at.TCP, 1)
	if err == nil {
		err = errors.Join(do(c, p), c.close())
	}
	return errors.Join(err, p.stop())
}

// writeEvents gives the samples their events.
func writeEvents(ctx context.Context, c *callers, counts []int) error {
	for _, count := range counts {
		for sample := range samples {
			for left := count; left > 0; left -= written {
				request := lean.Add(sampleKey(count, sample), int64(min(left, written)))
				if err := c.call(ctx, 0, lean.Method(wire.EventSourced, "Add"), request); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// activate sends each sample its first command, and returns the median of the times.
func activate(ctx context.Context, c *callers, count int) (time.Duration, error) {
	var took []time.Duration
	for sample := range samples {
		begin := time.Now()
		if err := c.call(ctx, 0, lean.Method(wire.EventSourced, "Get"), lean.Get(sampleKey(count, sample))); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	return percentile(took, 50), nil
}

func sampleKey(count, sample int) string { return fmt.Sprintf("replayed-%d-%d", count, sample) }
