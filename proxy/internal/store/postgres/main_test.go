package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/store/postgres/pgtest"
)

// server serves all tests that do not end it; nil where this machine has none.
var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	server, err = pgtest.Start()
	switch {
	case err == nil:
		defer func() { _ = server.Stop() }() // also after a panic
	case !errors.Is(err, pgtest.ErrAbsent) || os.Getenv("CI") != "":
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if server != nil {
		err = server.Stop()
	}
	if err = errors.Join(err, goleak.Find()); server != nil && err != nil {
		fmt.Fprintln(os.Stderr, "after the tests:", err)
		code = max(code, 1)
	}
	return code
}

// database returns an empty database of the test's own.
func database(t testing.TB) string {
	t.Helper()
	if server == nil {
		t.Skip("this machine has no PostgreSQL server, or root has no user postgres to run it as: install the package postgresql")
	}
	return server.Database(t)
}

// own returns a server of the test's own, which it may end.
func own(t testing.TB) *pgtest.Server {
	t.Helper()
	_ = database(t)
	s, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// open opens the database. The test closes the store at its end unless it has been
// closed by then.
func open(t testing.TB, config postgres.Config) *postgres.Store {
	t.Helper()
	if config.Log == nil {
		config.Log = discard()
	}
	s, err := postgres.Open(t.Context(), config)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// member joins as a node and returns a fence for the shard.
func member(t testing.TB, s store.Leases, node store.Node, shard int32) store.Fence {
	t.Helper()
	if err := s.Join(t.Context(), node, time.Hour); err != nil {
		t.Fatalf("Join: %v", err)
	}
	return claim(t, s, node.ID, shard)
}

// claim claims the shard, which must succeed.
func claim(t testing.TB, s store.Leases, node string, shard int32) store.Fence {
	t.Helper()
	got, err := s.Claim(t.Context(), node, shard)
	if err != nil || got.Owner.ID != node {
		t.Fatalf("Claim(%s, %d) = %v, %v", node, shard, got, err)
	}
	return store.Fence{Shard: shard, Epoch: got.Epoch}
}

// numbered returns a batch of one event, which says of which entity and sequence it is.
func numbered(id store.ID, fence store.Fence, sequence int64) store.Batch {
	payload := []byte(fmt.Sprintf("%v at %d", id, sequence))
	return store.Batch{Fence: fence, Expected: sequence - 1, Events: []entity.Event{{Payload: &anypb.Any{TypeUrl: "t/Numbered", Value: payload}}}}
}

// last loads an entity of numbered events, checks each, and returns the last sequence.
func last(ctx context.Context, s store.Journal, id store.ID) (int64, error) {
	sequence, head := int64(0), store.Head{}
	err := s.Load(ctx, id, func(h store.Head) error { head = h; return nil }, func(event entity.Event) error {
		sequence++
		want := fmt.Sprintf("%v at %d", id, sequence)
		if got := string(event.Payload.GetValue()); event.Sequence != sequence || got != want {
			return fmt.Errorf("event %d is %d, %q", sequence, event.Sequence, got)
		}
		return nil
	})
	if err == nil && head.Last != sequence {
		err = fmt.Errorf("the head says %d, and there are %d", head.Last, sequence)
	}
	return sequence, err
}

func cart(key string) store.ID { return store.ID{Persistence: "cart", Entity: key} }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func contextWithCancel(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
