package pebble

import (
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// TestCommitOnADroppedDiskDoesNotCount breaks the disk of a store that closes.
// Pebble is told that all is well, and says so.
func TestCommitOnADroppedDiskDoesNotCount(t *testing.T) {
	t.Parallel()
	broken := errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData {
			return syscall.EIO
		}
		return nil
	})}
	s, err := Open(Config{Dir: "/data", Files: errorfs.Wrap(vfs.NewMem(), &broken), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.prepare(func(w *writes) error {
		return s.append(w, store.ID{Entity: "1"}, store.Batch{Events: []entity.Event{{}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	broken.On()
	s.disk.Leave() // Close's first step
	if err := s.commit([]*writes{w}); !errors.Is(err, syscall.EIO) {
		t.Errorf("commit() = %v, want the disk's error", err)
	}
	if err := s.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close() = %v, want the disk's error", err)
	}
}

func TestTooLargeBatchIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := store.ID{Persistence: "cart", Entity: "1"}
	half := &anypb.Any{Value: make([]byte, maxBatch/2)}
	err := s.Append(t.Context(), id, store.Batch{
		Events:   []entity.Event{{Payload: half}, {Payload: &anypb.Any{TypeUrl: "t"}}},
		Snapshot: &entity.Snapshot{Sequence: 2, State: half},
	})
	if err == nil || !strings.Contains(err.Error(), "a batch of 67108865 bytes") {
		t.Errorf("Append() = %v, want that the batch is too large", err)
	}
	if err := load(t, s, id); err != nil {
		t.Errorf("Load() = %v, want nothing", err)
	}
}

// TestPebbleCannotGoOn: where pebble would end the process, the store refuses.
func TestPebbleCannotGoOn(t *testing.T) {
	t.Parallel()
	s, err := Open(Config{Dir: "/data", Files: vfs.NewMem(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	id := store.ID{Persistence: "cart", Entity: "1"}
	fill(t, s, id)
	stalled, returned := s.disk.Stalled(), make(chan struct{})
	go func() {
		defer close(returned)
		logger{log: slog.New(slog.DiscardHandler), disk: s.disk}.Fatalf("broken %s", "invariant")
	}()
	<-stalled
	appendErr := s.Append(t.Context(), id, store.Batch{Expected: 6, Events: []entity.Event{{}}})
	for call, err := range map[string]error{"Append": appendErr, "Ping": s.Ping(t.Context()), "Close": s.Close()} {
		if err == nil || !strings.Contains(err.Error(), "broken invariant") {
			t.Errorf("%s = %v, want what pebble said", call, err)
		}
	}
	<-returned
}
