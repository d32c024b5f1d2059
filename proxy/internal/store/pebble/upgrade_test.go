package pebble

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

func payloadOf(text string) *anypb.Any { return &anypb.Any{TypeUrl: "t/T", Value: []byte(text)} }

// TestVersion1 opens a directory that a program of version 1 has written, and goes on
// with it: three entities of 12 events, the second with a snapshot at 4.
func TestVersion1(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "version1"))); err != nil {
		t.Fatal(err)
	}
	for opening := range int64(3) {
		s, err := Open(Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for e := range 3 {
			id := store.ID{Persistence: "cart", Entity: fmt.Sprint("entity \x00", e)}
			covered := int64(0)
			if e == 1 {
				covered = 4
			}
			checkEntity(t, s, id, covered, 12+opening, func(sequence int64) string { return fmt.Sprint(e, " at ", sequence) })
			next := []entity.Event{{Payload: payloadOf(fmt.Sprint(e, " at ", 13+opening))}}
			if err := s.Append(t.Context(), id, store.Batch{Expected: 12 + opening, Events: next}); err != nil {
				t.Fatal(err)
			}
		}
		if got := logOf(t, s, "cart"); len(got) != 3*(13+int(opening)) {
			t.Errorf("the log has %d entries", len(got))
		}
		if got := logOf(t, s, "other"); !slices.Equal(got, []string{`"0" 1`, `"1" 1`}) {
			t.Errorf("the other log has %q", got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	format, err := os.ReadFile(filepath.Join(dir, formatFile))
	if err != nil || string(format) != "stateward-pebble 2\n" {
		t.Errorf("FORMAT holds %q (%v)", format, err)
	}
}

// checkEntity fails the test unless the entity has a snapshot at covered, where that
// is not 0, and each event behind it up to last, without time and metadata.
func checkEntity(t *testing.T, s *Store, id store.ID, covered, last int64, text func(sequence int64) string) {
	t.Helper()
	next := covered + 1
	err := s.Load(t.Context(), id, func(head store.Head) error {
		if head.Last != last || head.Deleted || (head.Snapshot != nil) != (covered > 0) ||
			covered > 0 && head.Snapshot.Sequence != covered {
			t.Errorf("the head of %v is %v, want %d, and a snapshot at %d", id, head, last, covered)
		}
		return nil
	}, func(event entity.Event) error {
		if event.Sequence != next || string(event.Payload.GetValue()) != text(next) || !event.Time.IsZero() || event.Metadata != nil {
			t.Errorf("%v has the event %v, want the one of %d", id, event, next)
		}
		next++
		return nil
	})
	if err != nil || next != last+1 {
		t.Errorf("Load(%v) = %v at %d", id, err, next)
	}
}

// logOf returns the entries of the log, and fails the test when those of an entity
// are not in their order.
func logOf(t *testing.T, s *Store, persistence string) (all []string) {
	t.Helper()
	last := map[string]int64{}
	_, err := s.Events(t.Context(), persistence, 0, 1_000_000, func(e store.Entry) error {
		if last[e.Entity]++; e.Event.Sequence != last[e.Entity] {
			t.Errorf("the log has the event %d of %q where %d belongs", e.Event.Sequence, e.Entity, last[e.Entity])
		}
		all = append(all, fmt.Sprintf("%q %d", e.Entity, e.Event.Sequence))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// version1 makes a directory of version 1 in memory: entities of 40 events of 10 KiB.
func version1(t *testing.T, entities int) *vfs.MemFS {
	t.Helper()
	files := vfs.NewMem()
	if err := errors.Join(files.MkdirAll("/data", 0o700), writeSynced(files, "/data/FORMAT", []byte("stateward-pebble 1\n"))); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledb.Open("/data/journal", options(disk.New(files, log), log))
	if err != nil {
		t.Fatal(err)
	}
	set := func(key, body []byte) { err = errors.Join(err, db.Set(key, seal(key, body), pebbledb.NoSync)) }
	for e := range entities {
		prefix := appendPrefix(nil, store.ID{Persistence: "cart", Entity: strconv.Itoa(e)})
		set(recordKey(prefix, kindHead), appendNumber(nil, 40))
		for sequence := range int64(40) {
			key := append(recordKey(prefix, kindOldEvent), appendNumber(nil, sequence+1)...)
			set(key, appendPayload(nil, payloadOf(oldText(sequence+1))))
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return files
}

func oldText(sequence int64) string { return fmt.Sprint(sequence, strings.Repeat(" ", 10<<10)) }

// TestUpgradeCutShort lets the disk fail at one sync after the other while an old
// directory is opened, until it is open. Nothing is lost, and nothing is there twice.
func TestUpgradeCutShort(t *testing.T) {
	t.Parallel()
	const entities = 10 // 4 MiB: several commits
	files := version1(t, entities)
	failures := 0
	for allowed := int64(0); ; allowed++ {
		var count atomic.Int64
		injector := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) && count.Add(1) > allowed {
				return syscall.EIO
			}
			return nil
		})
		s, err := Open(Config{Dir: "/data", Files: errorfs.Wrap(files, injector), Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			_ = s.Close() // its disk is at its end
			break
		}
		if failures++; !errors.Is(err, syscall.EIO) {
			t.Fatalf("Open() = %v, want the disk's error", err)
		}
		if allowed > 200 {
			t.Fatal("Open fails for ever")
		}
	}
	if failures < 5 {
		t.Errorf("Open has failed %d times: there was nothing to cut short", failures)
	}
	s, err := Open(Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for e := range entities {
		checkEntity(t, s, store.ID{Persistence: "cart", Entity: strconv.Itoa(e)}, 0, 40, oldText)
	}
	if got := logOf(t, s, "cart"); len(got) != entities*40 {
		t.Errorf("the log has %d entries, want %d", len(got), entities*40)
	}
	if got := keysIn(t, s, spaceLog); got != entities*40 {
		t.Errorf("the log has %d keys, want %d", got, entities*40)
	}
}

// TestUpgradeRefusesDamage: what version 1 did not write is not made to look as if.
func TestUpgradeRefusesDamage(t *testing.T) {
	t.Parallel()
	prefix := appendPrefix(nil, store.ID{Persistence: "cart", Entity: "0"})
	old := append(recordKey(prefix, kindOldEvent), appendNumber(nil, 5)...)
	head := recordKey(prefix, kindHead)
	for name, record := range map[string]struct{ key, value []byte }{
		"event":          {old, []byte("damaged")},
		"event too long": {old, seal(old, []byte{9})},
		"head":           {head, seal(head, appendNumber(nil, 0))},
		"kind":           {recordKey(prefix, 0x09), nil},
		"key":            {[]byte{spaceEntities, 'a'}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := version1(t, 1)
			log := slog.New(slog.DiscardHandler)
			db, err := pebbledb.Open("/data/journal", options(disk.New(files, log), log))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Set(record.key, record.value, pebbledb.Sync), db.Close()); err != nil {
				t.Fatal(err)
			}
			s, err := Open(Config{Dir: "/data", Files: files, Logger: log})
			if err == nil {
				t.Fatalf("Open succeeds; Close() = %v", s.Close())
			}
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("Open() = %v, want ErrCorrupt", err)
			}
		})
	}
}

// TestEpochOfEachOpening: it is above all that were given before, and refuses to go on
// where it would run out.
func TestEpochOfEachOpening(t *testing.T) {
	t.Parallel()
	files := vfs.NewMem()
	config := Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)}
	for want := int64(1); want < 4; want++ {
		s, err := Open(config)
		if err != nil {
			t.Fatal(err)
		}
		node := store.Node{ID: strconv.FormatInt(want, 10)}
		if err := s.Join(t.Context(), node, 1); err != nil {
			t.Fatal(err)
		}
		claim, err := s.Claim(t.Context(), node.ID, 1)
		if err != nil || claim.Epoch != want {
			t.Errorf("at the opening %d Claim() = %v, %v", want, claim, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	damage(t, s, stateKey(), encodeState(stateKey(), state{epoch: maxEpoch, upgraded: true}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(config); err == nil || !strings.Contains(err.Error(), "the last is") {
		t.Errorf("Open() = %v, %v, want that no epoch is left", s, err)
	}
}
