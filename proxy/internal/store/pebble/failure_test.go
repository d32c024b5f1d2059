package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// faults is an errorfs.Injector: each operation whose kind and file name are
// those of the fault fails, while there is one.
type faults struct {
	mu   sync.Mutex
	now  *fault
	wait chan struct{} // closed to let held operations go
}

// fault says which operations fail, and how.
type fault struct {
	kind errorfs.OpKind
	name string // a pattern of path.Match
	err  error  // nil: they do not fail, they are held
	held chan struct{}
}

func (f *faults) set(now *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wait != nil {
		close(f.wait)
	}
	f.now, f.wait = now, make(chan struct{})
}

func (f *faults) String() string { return "faults" }

func (f *faults) MaybeError(op errorfs.Op) error {
	f.mu.Lock()
	now, wait := f.now, f.wait
	f.mu.Unlock()
	if now == nil || op.Kind != now.kind {
		return nil
	}
	if match, err := filepath.Match(now.name, filepath.Base(op.Path)); err != nil || !match {
		return err
	}
	if now.err != nil {
		return now.err
	}
	select {
	case now.held <- struct{}{}:
	default:
	}
	<-wait
	return nil
}

// recovery is a log handler that tells when a store takes writes again.
type recovery struct {
	slog.Handler

	told chan struct{}
}

func (r recovery) Enabled(context.Context, slog.Level) bool { return true }

func (r recovery) Handle(_ context.Context, record slog.Record) error {
	if strings.Contains(record.Message, "takes writes again") {
		r.told <- struct{}{}
	}
	return nil
}

// places are where a disk fails. Each is met by appending long enough.
func places() map[string]fault {
	return map[string]fault{
		"log write":      {kind: errorfs.OpFileWrite, name: "*.log"},
		"log sync":       {kind: errorfs.OpFileSyncData, name: "*.log"},
		"log create":     {kind: errorfs.OpCreate, name: "*.log"},
		"table create":   {kind: errorfs.OpCreate, name: "*.sst"},
		"table write":    {kind: errorfs.OpFileWrite, name: "*.sst"},
		"table sync":     {kind: errorfs.OpFileSyncData, name: "*.sst"},
		"manifest write": {kind: errorfs.OpFileWrite, name: "MANIFEST-*"},
		"manifest sync":  {kind: errorfs.OpFileSync, name: "MANIFEST-*"},
		"directory sync": {kind: errorfs.OpFileSync, name: "journal"},
	}
}

// run is a store on a disk with faults, and what it has acknowledged.
type run struct {
	t        *testing.T
	files    *vfs.MemFS
	faults   *faults
	told     chan struct{}
	store    *pebble.Store
	sequence [writers]int64
}

func newRun(t *testing.T) *run {
	t.Helper()
	r := &run{t: t, files: vfs.NewMem(), faults: &faults{}, told: make(chan struct{}, 1)}
	r.open()
	return r
}

func (r *run) open() {
	r.t.Helper()
	s, err := pebble.Open(pebble.Config{
		Dir: "/data", Files: errorfs.Wrap(r.files, r.faults), Logger: slog.New(recovery{told: r.told}),
	})
	if err != nil {
		r.t.Fatalf("Open: %v", err)
	}
	r.store = s
}

// appendUntilError lets all writers append until each has met an error. It
// returns the errors of the first and of the last.
func (r *run) appendUntilError() (first, last error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			id := writerID(writer)
			for {
				err := r.store.Append(ctx, id, numbered(id, r.sequence[writer]+1, 20_000))
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					if first == nil {
						first = err
					}
					last = err
					return
				}
				r.sequence[writer]++
			}
		})
	}
	group.Wait()
	return first, last
}

// verify checks that each entity ends at what was acknowledged or, since that may
// have failed after it was stored, one event later, and goes on from there.
func (r *run) verify() {
	r.t.Helper()
	for writer := range writers {
		got, err := last(r.t.Context(), r.store, writerID(writer))
		if err != nil || got < r.sequence[writer] || got > r.sequence[writer]+1 {
			r.t.Fatalf("writer %d has events up to %d (%v), and %d was acknowledged", writer, got, err, r.sequence[writer])
		}
		r.sequence[writer] = got
	}
}

// TestBrokenDisk: a disk that fails once is not trusted again. The store says so
// to everyone, can be closed, and opened again once the disk is well.
func TestBrokenDisk(t *testing.T) {
	t.Parallel()
	for name, where := range places() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			where.err = syscall.EIO
			r.faults.set(&where)
			first, last := r.appendUntilError()
			if !errors.Is(first, syscall.EIO) || !errors.Is(last, syscall.EIO) {
				t.Fatalf("Append() = %v, and %v, want the disk's error", first, last)
			}
			r.faults.set(nil)
			expectRefusal(t, r.store, syscall.EIO)
			expectRefusal(t, r.store, syscall.EIO) // for good
			if err := r.store.Close(); !errors.Is(err, syscall.EIO) {
				t.Errorf("Close() = %v, want the disk's error", err)
			}

			r.open()
			r.verify()
			id := writerID(0)
			if err := r.store.Append(t.Context(), id, numbered(id, r.sequence[0]+1, 0)); err != nil {
				t.Errorf("Append after the disk was mended = %v", err)
			}
			if err := r.store.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

func expectRefusal(t *testing.T, s *pebble.Store, reason error) {
	t.Helper()
	if err := s.Ping(t.Context()); !errors.Is(err, reason) || !strings.Contains(err.Error(), "/data takes no writes") {
		t.Errorf("Ping() = %v, want the directory and the reason", err)
	}
	id := store.ID{Persistence: "crash", Entity: "another"}
	if err := s.Append(t.Context(), id, numbered(id, 1, 0)); !errors.Is(err, reason) {
		t.Errorf("Append() = %v, want the reason", err)
	}
}

// TestFullDisk: a disk that was full and has room again is as good as before,
// and the store goes on without being opened again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for name, where := range places() {
		if strings.Contains(name, "sync") {
			continue // there it says nothing about what was written before
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			for range 2 {
				where.err = syscall.ENOSPC
				r.faults.set(&where)
				first, last := r.appendUntilError()
				if !errors.Is(first, syscall.ENOSPC) || !errors.Is(last, syscall.ENOSPC) {
					t.Fatalf("Append() = %v, and %v, want that the disk is full", first, last)
				}
				expectRefusal(t, r.store, syscall.ENOSPC)
				r.faults.set(nil)
				r.waitUntilReady()
				r.verify()
			}
			if err := r.store.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

// waitUntilReady asks until the store has found that there is room.
func (r *run) waitUntilReady() {
	r.t.Helper()
	deadline := time.After(patience)
	for r.store.Ping(r.t.Context()) != nil {
		select {
		case <-r.told:
		case <-deadline:
			r.t.Fatalf("there is room, and Ping() = %v", r.store.Ping(r.t.Context()))
		}
	}
	select {
	case <-r.told: // when Ping was first
	default:
	}
}

// TestCloseWhileFull: what waits for room ends when the store closes.
func TestCloseWhileFull(t *testing.T) {
	t.Parallel()
	for name, where := range places() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			where.err = syscall.ENOSPC
			r.faults.set(&where)
			r.appendUntilError()
			if err := r.store.Close(); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Close() = %v, want that the disk is full", err)
			}
			r.faults.set(nil)
			r.open()
			r.verify()
			if err := r.store.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

// TestDiskFailsWhileClosing: what Append acknowledged is there nevertheless.
func TestDiskFailsWhileClosing(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	id := writerID(0)
	if err := r.store.Append(t.Context(), id, numbered(id, 1, 0)); err != nil {
		t.Fatal(err)
	}
	r.sequence[0] = 1
	r.faults.set(&fault{kind: errorfs.OpFileWrite, name: "*.log", err: syscall.EIO})
	if err := r.store.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close() = %v, want the disk's error", err)
	}
	r.faults.set(nil)
	r.open()
	r.verify()
	if err := r.store.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// TestDiskFailsWhileOpening: the caller of Open is told, and can try again.
func TestDiskFailsWhileOpening(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]fault{
		"FORMAT":         {kind: errorfs.OpFileWrite, name: "FORMAT*"},
		"FORMAT sync":    {kind: errorfs.OpFileSync, name: "FORMAT*"},
		"FORMAT rename":  {kind: errorfs.OpRename, name: "FORMAT*"},
		"directory":      {kind: errorfs.OpMkdirAll, name: "data"},
		"directory sync": {kind: errorfs.OpFileSync, name: "data"},
		"journal":        {kind: errorfs.OpMkdirAll, name: "journal"},
		"manifest":       {kind: errorfs.OpFileWrite, name: "MANIFEST-*"},
		"manifest sync":  {kind: errorfs.OpFileSync, name: "MANIFEST-*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, failure := range []error{syscall.ENOSPC, syscall.EIO} {
				r := &run{t: t, files: vfs.NewMem(), faults: &faults{}, told: make(chan struct{}, 1)}
				where.err = failure
				r.faults.set(&where)
				s, err := pebble.Open(pebble.Config{
					Dir: "/data", Files: errorfs.Wrap(r.files, r.faults), Logger: discard(),
				})
				if err == nil {
					t.Fatalf("Open succeeds; Close() = %v", s.Close())
				}
				if !errors.Is(err, failure) {
					t.Errorf("Open() = %v, want %v", err, failure)
				}
				r.faults.set(nil)
				r.open()
				if err := r.store.Close(); err != nil {
					t.Errorf("Close() = %v", err)
				}
			}
		})
	}
}

// TestDiskFailsWhileRecovering: what the log holds cannot be written to tables.
// The caller of Open is told, and nothing is lost.
func TestDiskFailsWhileRecovering(t *testing.T) {
	t.Parallel()
	for name, where := range places() {
		if !strings.HasPrefix(name, "table") {
			continue
		}
		for _, failure := range []error{syscall.ENOSPC, syscall.EIO} {
			t.Run(fmt.Sprint(name, failure), func(t *testing.T) {
				t.Parallel()
				r := newRun(t)
				where := where
				where.err = failure
				r.faults.set(&where)
				r.appendUntilError()
				if err := r.store.Close(); !errors.Is(err, failure) {
					t.Fatalf("Close() = %v, want %v", err, failure)
				}
				s, err := pebble.Open(pebble.Config{
					Dir: "/data", Files: errorfs.Wrap(r.files, r.faults), Logger: discard(),
				})
				if err == nil {
					t.Fatalf("Open succeeds; Close() = %v", s.Close())
				}
				if !errors.Is(err, failure) {
					t.Errorf("Open() = %v, want %v", err, failure)
				}
				r.faults.set(nil)
				r.open()
				r.verify()
				if err := r.store.Close(); err != nil {
					t.Errorf("Close() = %v", err)
				}
			})
		}
	}
}

// TestLoadWaitsForTheOpenOutcome holds the sync of an append whose caller goes
// away. A Load must not show the event before it is durable.
func TestLoadWaitsForTheOpenOutcome(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	id, other := writerID(0), writerID(1)
	held := &fault{kind: errorfs.OpFileSyncData, name: "*.log", held: make(chan struct{}, 1)}
	r.faults.set(held)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	appended := make(chan error, 1)
	go func() { appended <- r.store.Append(ctx, id, numbered(id, 1, 0)) }()
	<-held.held
	cancel()
	if err := <-appended; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "outcome is unknown") {
		t.Errorf("Append() = %v, want context.Canceled, and that the outcome is unknown", err)
	}

	if _, err := last(t.Context(), r.store, other); err != nil {
		t.Errorf("Load of another entity = %v", err)
	}
	waiting := pebble.Watched{Context: t.Context(), Asked: make(chan struct{}, 1)}
	loaded := make(chan string, 1)
	go func() {
		sequence, err := last(waiting, r.store, id)
		loaded <- fmt.Sprint(sequence, err)
	}()
	<-waiting.Asked
	if len(loaded) > 0 {
		t.Errorf("Load passes on up to %s while the event is not durable", <-loaded)
	}
	r.faults.set(nil)
	if got := <-loaded; got != "1 <nil>" {
		t.Errorf("Load passes on up to %s, want the one event", got)
	}
	if err := r.store.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
