package pebble_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// writers is how many goroutines append, each to an entity of its own.
const writers = 32

func writerID(writer int) store.ID {
	return store.ID{Persistence: "crash", Entity: strconv.Itoa(writer)}
}

// child writes to the store in the directory, and a line "writer sequence" for each
// event, with all that belongs to it, once that is acknowledged. It returns at an
// error only.
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

// appendForever appends numbered events to the writer's entity after those that it
// has, each with an answer and an effect, and writes as many values to one beside it. It
// tells of each that is acknowledged, and returns at an error only.
func appendForever(ctx context.Context, s *pebble.Store, writer int, tell func(int64) error) error {
	id := writerID(writer)
	sequence, err := last(ctx, s, id)
	if err != nil {
		return err
	}
	if err := catchUp(ctx, s, writer, sequence); err != nil {
		return err
	}
	for {
		sequence++
		batch := numbered(id, sequence, writer*50)
		batch.Beside = besideOf(id, sequence)
		if err := s.Append(ctx, id, batch); err != nil {
			return err
		}
		if err := s.Write(ctx, valueID(writer), valueAt(sequence)); err != nil {
			return err
		}
		if err := tell(sequence); err != nil {
			return err
		}
	}
}

// valueID is the entity beside the writer's.
func valueID(writer int) store.ID {
	return store.ID{Persistence: "crash value", Entity: strconv.Itoa(writer)}
}

// valueAt is the change that gives the value its revision.
func valueAt(revision int64) store.Change {
	payload := &anypb.Any{Value: []byte(strconv.FormatInt(revision, 10))}
	return store.Change{Expected: revision - 1, Actions: 1, Update: payload}
}

// besideOf is what is stored with the event.
func besideOf(id store.ID, sequence int64) store.Beside {
	return store.Beside{
		Records: []store.Record{{Key: strconv.FormatInt(sequence, 10), Expires: time.Now().Add(time.Hour)}},
		Effects: []store.Effect{{ID: fmt.Sprint(id, " ", sequence), Stored: time.Now()}},
	}
}

// catchUp writes the value of the last event where a crash came between the two.
func catchUp(ctx context.Context, s *pebble.Store, writer int, sequence int64) error {
	v, err := s.Read(ctx, valueID(writer))
	if err == nil && v.Revision < sequence {
		err = s.Write(ctx, valueID(writer), valueAt(v.Revision+1))
	}
	return err
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
// one, with all that belongs to it, and closes the store. It returns the last event of
// each. It covers CORE-EPOCH-004, IDEM-KEEP-002 and VAL-STORE-006 as far as the store
// keeps them.
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
		verifyBeside(t, s, writer, got)
		stored[writer] = got
	}
	verifyShared(t, s, stored)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	return stored
}

// verifyBeside checks that the answers are those of the events, and that the value is
// the newest or the one before.
func verifyBeside(t *testing.T, s *pebble.Store, writer int, sequence int64) {
	t.Helper()
	for at := int64(1); at <= sequence+1; at++ {
		_, found, err := s.Record(t.Context(), writerID(writer), strconv.FormatInt(at, 10))
		if err != nil || found != (at <= sequence) {
			t.Fatalf("writer %d has %d events, and of the answer %d it says %v (%v)", writer, sequence, at, found, err)
		}
	}
	v, err := s.Read(t.Context(), valueID(writer))
	if err != nil || v.Revision < sequence-1 || v.Revision > sequence ||
		string(v.Value.GetValue()) != string(valueAt(v.Revision).Update.GetValue()) && v.Revision > 0 {
		t.Fatalf("writer %d has %d events and the value %v (%v)", writer, sequence, v, err)
	}
}

// verifyShared checks that the log has each event once, those of an entity in their
// order, and that the effects are those of the events.
func verifyShared(t *testing.T, s *pebble.Store, stored [writers]int64) {
	t.Helper()
	var logged [writers]int64
	all := 0
	_, err := s.Events(t.Context(), "crash", 0, 1_000_000, func(e store.Entry) error {
		writer, err := strconv.Atoi(e.Entity)
		if err != nil {
			return err
		}
		if logged[writer]++; e.Event.Sequence != logged[writer] {
			return fmt.Errorf("of writer %d the log has %d where %d belongs", writer, e.Event.Sequence, logged[writer])
		}
		all++
		return nil
	})
	if err != nil || logged != stored {
		t.Errorf("the log has up to %v (%v), and the journals %v", logged, err, stored)
	}
	if err := s.Effects(t.Context(), func(store.Effect) error { all--; return nil }); err != nil || all != 0 {
		t.Errorf("there are %d events more than effects (%v)", all, err)
	}
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
