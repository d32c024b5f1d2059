package postgres_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

var rewrite = flag.Bool("rewrite", false, "write a dump of the tables of the present version into testdata")

// TestVersion1 opens a database that a program with the tables of version 1 has filled,
// with something of everything in it, from a dump: it is brought up to date, and goes on.
func TestVersion1(t *testing.T) {
	t.Parallel()
	_ = database(t)
	fixture := filepath.Join("testdata", "version1")
	if *rewrite {
		writeFixture(t, fixture+".sql")
	}
	dump, err := os.ReadFile(fixture + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	config := postgres.Config{DSN: server.Empty(t), PoolSize: 4, Clock: storetest.FixtureTime}
	if _, err := connect(t, config.DSN).PgConn().Exec(t.Context(), string(dump)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	s := open(t, config)
	storetest.CheckFixture(t, s, fixture+".txt", *rewrite)
	id := store.ID{Persistence: "cart", Entity: "1"}
	fence := member(t, s, store.Node{ID: "after", Name: "tester"}, 7)
	if err := s.Append(t.Context(), id, numbered(id, fence, 4)); err != nil {
		t.Error(err)
	}
}

// writeFixture writes the dump anew. Who made it is not in it.
func writeFixture(t *testing.T, path string) {
	t.Helper()
	dsn := server.Empty(t)
	s := open(t, postgres.Config{DSN: dsn, PoolSize: 4, Clock: storetest.FixtureTime})
	storetest.Stock(t, s, storetest.FixtureTime())
	if err := errors.Join(s.Close(), os.WriteFile(path, []byte(server.Dump(t, dsn)), 0o600)); err != nil {
		t.Fatal(err)
	}
}
