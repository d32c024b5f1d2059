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
		if err := fill(server.DSN("template1")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
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

// fill makes the tables in the database.
func fill(dsn string) error {
	s, err := postgres.Open(context.Background(), postgres.Config{DSN: dsn, Log: discard()})
	if err != nil {
		return err
	}
	return s.Close()
}

// database returns a database of the test's own, with the tables and nothing in them.
func database(tb testing.TB) string {
	tb.Helper()
	if server == nil {
		tb.Skip("this machine has no PostgreSQL server, or root has no user postgres to run it as: install the package postgresql")
	}
	return server.Database(tb)
}

// own returns a server of the test's own, which it may end.
func own(tb testing.TB) *pgtest.Server {
	tb.Helper()
	_ = database(tb)
	s, err := pgtest.Start()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// open opens the database. The test closes the store at its end unless it has been
// closed by then.
func open(tb testing.TB, config postgres.Config) *postgres.Store {
	tb.Helper()
	if config.Log == nil {
		config.Log = discard()
	}
	s, err := postgres.Open(tb.Context(), config)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			tb.Errorf("Close: %v", err)
		}
	})
	return s
}

// member joins as a node and returns a fence for the shard.
func member(tb testing.TB, s store.Leases, node store.Node, shard int32) store.Fence {
	tb.Helper()
	if err := s.Join(tb.Context(), node, time.Hour); err != nil {
		tb.Fatalf("Join: %v", err)
	}
	return claim(tb, s, node.ID, shard)
}

// claim claims the shard, which must succeed.
func claim(tb testing.TB, s store.Leases, node string, shard int32) store.Fence {
	tb.Helper()
	got, err := s.Claim(tb.Context(), node, shard)
	if err != nil || got.Owner.ID != node {
		tb.Fatalf("Claim(%s, %d) = %v, %v", node, shard, got, err)
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
