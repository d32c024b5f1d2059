package storetool_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/postgres/pgtest"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

// server is a database server for all tests; nil where this machine has none.
var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	server, err = pgtest.Start()
	if err != nil && (!errors.Is(err, pgtest.ErrAbsent) || os.Getenv("CI") != "") {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	err = nil
	if server != nil {
		err = server.Stop()
	}
	if err = errors.Join(err, goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, "after the tests:", err)
		code = max(code, 1)
	}
	return code
}

// now is what time it is for every store.
func now() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

// stocked returns a store that has something of everything.
func stocked(tb testing.TB) *memory.Store {
	tb.Helper()
	s := memory.NewOn(now)
	tb.Cleanup(func() { s.Close() })
	storetest.Stock(tb, s, now())
	return s
}

// list is a store that holds just these items.
type list []store.Item

func (l list) Export(_ context.Context, _ bool, each func(store.Item) error) error {
	for _, item := range l {
		if err := each(item); err != nil {
			return err
		}
	}
	return nil
}

// broken is a store that ends with an error after its items.
type broken struct {
	list

	err error
}

func (b broken) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	if err := b.list.Export(ctx, thorough, each); err != nil {
		return err
	}
	return b.err
}

func about() archive.About { return archive.About{Taken: now(), Program: "1.2.3", Store: "list"} }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
