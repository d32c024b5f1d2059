package storetool_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// place is where a store of one kind can be filled, and then opened.
type place struct {
	fill func(context.Context, store.Fill) error
	open func() (store.Store, error)
}

// places makes a new place of each kind, none where this machine lacks what it takes.
func places(t *testing.T) map[string]func() place {
	t.Helper()
	all := map[string]func() place{
		"memory": func() place {
			var filled *memory.Store
			return place{
				fill: func(_ context.Context, fill store.Fill) (err error) {
					filled, err = memory.Import(now, fill)
					return err
				},
				open: func() (store.Store, error) {
					if filled == nil {
						filled = memory.NewOn(now)
					}
					return filled, nil
				},
			}
		},
		"pebble": func() place {
			config := pebble.Config{Dir: filepath.Join(t.TempDir(), "data"), Logger: discard(), Clock: now}
			return place{
				fill: func(ctx context.Context, fill store.Fill) error { return pebble.Import(ctx, config, fill) },
				open: func() (store.Store, error) { return pebble.Open(config) },
			}
		},
	}
	if server != nil {
		all["postgres"] = func() place {
			config := postgres.Config{DSN: server.Empty(t), Log: discard(), Clock: now, PoolSize: 4}
			return place{
				fill: func(ctx context.Context, fill store.Fill) error { return postgres.Import(ctx, config, fill) },
				open: func() (store.Store, error) { return postgres.Open(context.WithoutCancel(ctx(t)), config) },
			}
		}
	}
	return all
}

func ctx(t *testing.T) context.Context { t.Helper(); return t.Context() }

// opened opens the place until the end of the test.
func (p place) opened(t *testing.T) store.Store {
	t.Helper()
	s, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestEveryPair copies from each kind of store into each, by an archive, and from there
// into the first kind again. Everything is the same, the log's offsets too.
func TestEveryPair(t *testing.T) {
	t.Parallel()
	kinds := places(t)
	for from, first := range kinds {
		for into, second := range kinds {
			t.Run(from+" to "+into, func(t *testing.T) {
				t.Parallel()
				s := first().opened(t)
				storetest.Stock(t, s, now())
				_, want := storetest.Items(t, s)
				log := logOf(t, s)
				for _, next := range []place{second(), first()} {
					var file bytes.Buffer
					if err := storetool.Backup(t.Context(), s, &file, about(), true, nil); err != nil {
						t.Fatal(err)
					}
					a, err := storetool.OpenArchive("-", &file)
					if err != nil {
						t.Fatal(err)
					}
					if err := storetool.Restore(t.Context(), a, next.fill, nil); err != nil {
						t.Fatal(err)
					}
					a.Close()
					s = next.opened(t)
					if _, got := storetest.Items(t, s); !slices.Equal(got, want) {
						t.Errorf("the copy has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					if got := logOf(t, s); !slices.Equal(got, log) {
						t.Errorf("the log is %v, want %v", got, log)
					}
				}
			})
		}
	}
}

// logOf returns the offsets of the log, once it shows all that is stored.
func logOf(t *testing.T, s store.Store) (offsets []int64) {
	t.Helper()
	const stored = 6
	for len(offsets) < stored && t.Context().Err() == nil {
		offsets = nil
		_, err := s.Events(t.Context(), "cart", 0, 100, func(e store.Entry) error {
			offsets = append(offsets, e.Offset)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return offsets
}
