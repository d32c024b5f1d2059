package pebble_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

func TestOpenMakesTheDirectoryAndItsParents(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b", "data")
	open(t, pebble.Config{Dir: dir})
	format, err := os.ReadFile(filepath.Join(dir, "FORMAT"))
	if err != nil || string(format) != "stateward-pebble 2\n" {
		t.Errorf("FORMAT holds %q (%v)", format, err)
	}
}

// TestOpenTakesWhatAStartLeftBehind covers an empty volume of its own, and a
// start that ended before it had written the FORMAT.
func TestOpenTakesWhatAStartLeftBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "LOCK", "")
	write(t, dir, "FORMAT.partial", "statew")
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, pebble.Config{Dir: dir})
}

// TestOpenRefusesUntouched covers OPS-STORE-001 and OPS-STORE-002.
func TestOpenRefusesUntouched(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(t *testing.T, dir string)
		want error
		text []string // parts of the message: what is wrong, and what to do
	}{
		"newer": {
			func(t *testing.T, dir string) {
				t.Helper()
				filled(t, dir)
				write(t, dir, "FORMAT", "stateward-pebble 3\n")
			},
			pebble.ErrNewer,
			[]string{"/FORMAT says version 3", "up to 2", "nothing was changed", "start a newer"},
		},
		"newer with more lines": {
			func(t *testing.T, dir string) {
				t.Helper()
				write(t, dir, "FORMAT", "stateward-pebble 17\nlater: things\n")
			},
			pebble.ErrNewer,
			[]string{"/FORMAT says version 17"},
		},
		"garbled": {
			func(t *testing.T, dir string) { t.Helper(); filled(t, dir); write(t, dir, "FORMAT", "stateward-pe") },
			pebble.ErrForeign,
			[]string{"/FORMAT", "stateward-pe", "nothing was changed", "backup"},
		},
		"empty": {
			func(t *testing.T, dir string) { t.Helper(); filled(t, dir); write(t, dir, "FORMAT", "") },
			pebble.ErrForeign,
			[]string{"/FORMAT"},
		},
		"unreadable": {
			func(t *testing.T, dir string) { t.Helper(); mkdir(t, dir, "FORMAT") },
			pebble.ErrForeign,
			[]string{"/FORMAT", "is a directory"},
		},
		"another program's": {
			func(t *testing.T, dir string) { t.Helper(); write(t, dir, "PG_VERSION", "17\n") },
			pebble.ErrForeign,
			[]string{"no FORMAT", "PG_VERSION", "nothing was changed", "choose an empty directory"},
		},
		"a journal without FORMAT": {
			func(t *testing.T, dir string) {
				t.Helper()
				filled(t, dir)
				if err := os.Remove(filepath.Join(dir, "FORMAT")); err != nil {
					t.Fatal(err)
				}
			},
			pebble.ErrForeign,
			[]string{"no FORMAT", "journal"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			test.make(t, dir)
			before := tree(t, dir)
			_, err := pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
			if !errors.Is(err, test.want) {
				t.Fatalf("Open() = %v, want %v", err, test.want)
			}
			for _, part := range append(test.text, dir) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Open() = %q, want it to say %q", err, part)
				}
			}
			if after := tree(t, dir); after != before {
				t.Errorf("the directory was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

func TestOpenRefusesAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "data", "a file")
	_, err := pebble.Open(pebble.Config{Dir: filepath.Join(dir, "data"), Logger: discard()})
	if !errors.Is(err, pebble.ErrForeign) {
		t.Errorf("Open() = %v, want ErrForeign", err)
	}
}

func TestOpenRefusesABrokenConfig(t *testing.T) {
	t.Parallel()
	for _, config := range []pebble.Config{{Logger: discard()}, {Dir: t.TempDir()}} {
		if s, err := pebble.Open(config); err == nil {
			t.Errorf("Open(%v) succeeds: %v", config, s.Close())
		}
	}
}

// TestDamagedFilesAreRefused covers OPS-STORE-001 and OPS-STORE-002 for a damage that
// shows when the journal itself is opened.
func TestDamagedFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	filled(t, dir)
	manifests, err := filepath.Glob(filepath.Join(dir, "journal", "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no MANIFEST: %v", err)
	}
	for _, manifest := range manifests {
		if err := os.WriteFile(manifest, []byte("not what was written"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := unlocked(tree(t, dir))
	_, err = pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
	if after := unlocked(tree(t, dir)); after != before {
		t.Errorf("the directory was\n%s\nand is\n%s", before, after)
	}
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), filepath.Join(dir, "journal")) {
		t.Errorf("Open() = %v, want ErrCorrupt and the directory's name", err)
	}
}

// unlocked takes the locks out of a tree: to open one is to touch it.
func unlocked(tree string) string {
	var kept strings.Builder
	for line := range strings.Lines(tree) {
		if name, _, _ := strings.Cut(line, " "); filepath.Base(name) != "LOCK" && !strings.Contains(line, " drwx") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func TestSecondStoreOfOneProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, pebble.Config{Dir: dir})
	expectInUse(t, dir)
	expectInUse(t, dir) // the refusal has not released the lock
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, pebble.Config{Dir: dir})
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, kill := startChild(t, dir)
	if !output.Scan() { // it has the store open, and appends
		t.Fatalf("the child says nothing: %v", output.Err())
	}
	expectInUse(t, dir)
	kill()
	open(t, pebble.Config{Dir: dir})
}

func expectInUse(t *testing.T, dir string) {
	t.Helper()
	_, err := pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
	if !errors.Is(err, pebble.ErrInUse) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "stop it, or give") {
		t.Errorf("Open() = %v, want ErrInUse, the directory's name, and what to do", err)
	}
}

// filled makes a store that has held something, and is closed.
func filled(t *testing.T, dir string) {
	t.Helper()
	s := open(t, pebble.Config{Dir: dir})
	id := store.ID{Persistence: "cart", Entity: "1"}
	if err := s.Append(t.Context(), id, numbered(id, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, name, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
		t.Fatal(err)
	}
}

// tree returns a line for each file below the directory, and for itself: name,
// mode, time of change, and what it holds.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var data []byte
		if info.Mode().IsRegular() {
			if data, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s %d %x", name, info.Mode(), info.ModTime().UnixNano(), sha256.Sum256(data)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
