package archive_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

var rewrite = flag.Bool("rewrite", false, "write the archives of the present version into testdata")

// file is an archive as a store that can be exported.
type file string

func (f file) Export(_ context.Context, _ bool, each func(store.Item) error) error {
	in, err := os.Open(string(f))
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := archive.NewReader(in)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(item)
		}
		if err != nil {
			return err
		}
	}
}

// TestVersion1 reads archives that a program of version 1 has written, with something of
// everything in them.
func TestVersion1(t *testing.T) {
	t.Parallel()
	for name, compress := range map[string]bool{"plain.swar": false, "compressed.swar": true} {
		path := filepath.Join("testdata", "version1", name)
		if *rewrite {
			writeFixture(t, path, compress)
		}
		storetest.CheckFixture(t, file(path), filepath.Join("testdata", "version1", "items.txt"), *rewrite)
	}
}

func writeFixture(t *testing.T, path string, compress bool) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := archive.NewWriter(out, about(), compress)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stocked(t).Export(t.Context(), false, w.Put), w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
}
