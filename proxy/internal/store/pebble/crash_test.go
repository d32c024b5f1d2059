package pebble_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/errgroup"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// writers is how many goroutines append, each to an entity of its own.
const writers = 32

func writerID(writer int) store.ID {
	return store.ID{Persistence: "crash", Entity: strconv.Itoa(writer)}
}

// child appends to the store in the directory, and writes a line "writer
// sequence" for each event once it is acknowledged. It returns at an error only.
func child(ctx context.Context, dir string, acknowledged io.Writer) error {
	s, err := pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for writer := range writers {
		group.Go(func() error {
			return appendForever(ctx, s, writer, func(sequence int64) error {
				_, err := fmt.Fprintf(acknowledged, "%d %d\n", writer, sequence) // one write, whole
				return err
			})
		})
	}
	return group.Wait()
}

// appendForever appends numbered events to the writer's entity after those that
// it has, and tells of each one that is acknowledged. It returns at an error only.
func appendForever(ctx context.Context, s *pebble.Store, writer int, tell func(int64) error) error {
	id := writerID(writer)
	sequence, err := last(ctx, s, id)
	if err != nil {
		return err
	}
	for {
		sequence++
		if err := s.Append(ctx, id, numbered(id, sequence, writer*50)); err != nil {
			return err
		}
		if err := tell(sequence); err != nil {
			return err
		}
	}
}

// TestKill covers ES-STORE-002: it kills a process that appends, at a random number
// of acknowledged events, again and again in one directory. Nothing acknowledged is
// missing.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var acknowledged [writers]int64
	for round := range 6 {
		output, kill := startChild(t, dir)
		enough := 1 + random.IntN(4000)
		lines := 0
		for output.Scan() { // to the end: what was written before the kill counts
			var writer int
			var sequence int64
			if _, err := fmt.Sscan(output.Text(), &writer, &sequence); err != nil {
				t.Fatalf("the child says %q: %v", output.Text(), err)
			}
			acknowledged[writer] = sequence
			if lines++; lines == enough {
				kill()
			}
		}
		if lines < enough {
			t.Fatalf("round %d: the child ended after %d events, not at %d", round, lines, enough)
		}
		acknowledged = verify(t, open(t, pebble.Config{Dir: dir}), acknowledged)
	}
}

// verify checks that each writer's entity has each event up to the acknowledged
// one, and closes the store. It returns the last event of each.
func verify(t *testing.T, s *pebble.Store, acknowledged [writers]int64) (stored [writers]int64) {
	t.Helper()
	for writer, atLeast := range acknowledged {
		got, err := last(t.Context(), s, writerID(writer))
		if err != nil {
			t.Fatalf("Load: %v", err)
		}
		if got < atLeast || got > atLeast+1 { // one may be stored and not yet told of
			t.Errorf("writer %d has events up to %d, and %d was acknowledged", writer, got, atLeast)
		}
		stored[writer] = got
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	return stored
}

// TestPowerCut covers ES-STORE-002 too, and drops what is not synced, which a kill
// does not: a missing sync shows here. It cuts the power of a disk in memory at
// random moments.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	files := vfs.NewCrashableMem()
	var acknowledged [writers]int64
	for range 6 {
		acknowledged = runUntilPowerCut(t, &files, acknowledged, random)
		acknowledged = verify(t, open(t, pebble.Config{Dir: "/data", Files: files}), acknowledged)
	}
}

// runUntilPowerCut appends to the store on the disk, cuts its power, and puts in
// its place what is left. It returns what was acknowledged by then.
func runUntilPowerCut(t *testing.T, files **vfs.MemFS, acknowledged [writers]int64, random *rand.Rand) [writers]int64 {
	t.Helper()
	s := open(t, pebble.Config{Dir: "/data", Files: *files})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	left := 1 + random.IntN(1000)
	group, ctx := errgroup.WithContext(ctx)
	for writer := range writers {
		group.Go(func() error {
			return appendForever(ctx, s, writer, func(sequence int64) error {
				mu.Lock()
				defer mu.Unlock()
				if left < 0 {
					return context.Canceled // after the cut
				}
				acknowledged[writer] = sequence
				if left--; left < 0 {
					*files = (*files).CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
					cancel()
				}
				return nil
			})
		})
	}
	group.Wait() // canceled
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	return acknowledged
}
