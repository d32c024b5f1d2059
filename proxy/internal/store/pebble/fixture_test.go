package pebble_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

var rewrite = flag.Bool("rewrite", false, "write the directory of the present version into testdata")

// TestVersion2 opens and reads a directory that a program of version 2 has written, with
// something of everything in it.
func TestVersion2(t *testing.T) {
	t.Parallel()
	fixture := filepath.Join("testdata", "version2")
	if *rewrite {
		writeFixture(t, fixture)
	}
	config := pebble.Config{Dir: filepath.Join(t.TempDir(), "data"), Logger: discard(), Clock: storetest.FixtureTime}
	if err := os.CopyFS(config.Dir, os.DirFS(fixture)); err != nil {
		t.Fatal(err)
	}
	r, err := pebble.OpenReader(config)
	if err != nil {
		t.Fatal(err)
	}
	storetest.CheckFixture(t, r, fixture+".txt", *rewrite)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.CheckFixture(t, open(t, config), fixture+".txt", false)
}

// writeFixture writes the directory anew: in memory, where no file is larger than what
// is in it.
func writeFixture(t *testing.T, dir string) {
	t.Helper()
	files := vfs.NewMem()
	s, err := pebble.Open(pebble.Config{Dir: "/data", Files: files, Logger: discard(), Clock: storetest.FixtureTime})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Stock(t, s, storetest.FixtureTime())
	if err := errors.Join(s.Close(), os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := vfs.Clone(files, vfs.Default, "/data", dir); err != nil {
		t.Fatal(err)
	}
	for _, lock := range []string{"LOCK", filepath.Join("journal", "LOCK")} {
		if err := os.Remove(filepath.Join(dir, lock)); err != nil {
			t.Fatal(err)
		}
	}
}
