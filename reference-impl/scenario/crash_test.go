package scenario_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// lull is the longest time between two strikes, and rest between two steps of a
// caller: so many callers that never rested would slow down each start.
const (
	lull = 600 * time.Millisecond
	rest = 10 * time.Millisecond
)

// TestCrash kills the proxy, the function and both at random points, and on
// PostgreSQL the server as well, while callers use a cart, a profile and a room,
// with idempotency keys among their calls. No acknowledged change is lost, made
// twice, or out of order; local writes of a replicated entity, which may go
// within one flush interval, are counted apart.
func TestCrash(t *testing.T) {
	onlyProcesses(t)
	t.Run("pebble", func(t *testing.T) { crash(t, *kills, nil) })
	t.Run("postgres", func(t *testing.T) { crash(t, *postgresKills, startServer(t)) })
}

// visitor is somebody who uses an entity, and knows what must be there.
type visitor interface {
	// step makes one change, or looks. An error is that something is lost, or is
	// there twice, or that an answer is one that no crash explains.
	step(ctx context.Context) error
	// finish looks a last time.
	finish(ctx context.Context) error
	count() tally
}

func crash(t *testing.T, kills int, database *server) {
	t.Helper()
	t.Logf("seed %d (repeat with -seed)", *seed)
	random := rand.New(rand.NewPCG(uint64(*seed), 0))
	street := openStreet(t, database)
	visitors := street.visitors()
	over := make(chan struct{})
	running, stop := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(running)
	defer func() { // also where a strike fails the test
		stop()
		_ = group.Wait()
	}()
	for i, visitor := range visitors {
		resting := rand.New(rand.NewPCG(uint64(*seed), uint64(i)+1))
		group.Go(func() error { return use(ctx, visitor, over, resting) })
	}
	group.Go(func() error { return street.watchDisk(filepath.Join(t.TempDir(), "probe"), over) })
	struck := map[string]int{}
	for _, strike := range street.strikes(random, kills) {
		wait(ctx, time.Duration(random.Int64N(int64(lull))))
		if ctx.Err() != nil {
			break // somebody has found a mistake
		}
		street.perform(t, strike, random.IntN(2) == 0)
		struck[strike.name]++
	}
	street.settle(t)
	close(over)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var total tally
	for _, visitor := range visitors {
		if err := visitor.finish(t.Context()); err != nil {
			t.Errorf("at the end: %v", err)
		}
		total.add(visitor.count())
	}
	if total.acknowledged == 0 || total.keyed == 0 {
		t.Fatal("nothing was acknowledged, so nothing was tested")
	}
	t.Logf("killed %v", struck)
	t.Logf("%d changes acknowledged, %d of them with a key, of which %d were made once more; the answers of %d were lost; %d local writes went with their proxy, the oldest %v before",
		total.acknowledged, total.keyed, total.repeated, total.unanswered, total.local, total.oldest.Round(time.Millisecond))
}

// use has the visitor go on until over is closed.
func use(ctx context.Context, visitor visitor, over <-chan struct{}, random *rand.Rand) error {
	for {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(random.Int64N(int64(rest)))):
		}
		if err := visitor.step(ctx); err != nil {
			return err
		}
	}
}

// wait waits for so long, or until ctx is done.
func wait(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}
