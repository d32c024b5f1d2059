package pebble

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What is wrong with a directory that Open refuses. None is written to.
var (
	// ErrInUse says that another store has the directory open.
	ErrInUse = errors.New("the store is in use")
	// ErrNewer says that newer code has written the directory.
	ErrNewer = errors.New("the store is newer than this program")
	// ErrForeign says that the directory holds something else than a store, or
	// that its FORMAT cannot be read.
	ErrForeign = errors.New("the directory is not a store that this program can read")
)

const (
	// journalDir is pebble's directory in the store's.
	journalDir = "journal"
	// lockFile is pebble's name for a lock; the store's directory has one too.
	lockFile = "LOCK"
)

// claim makes the directory this process's own: looked at, locked, and marked by
// a FORMAT. It writes nothing to a directory that it refuses. It returns the version of
// the FORMAT; the caller closes the lock.
func claim(files vfs.FS, dir string) (version uint64, lock *pebbledb.Lock, err error) {
	if _, err := inspect(files, dir); err != nil { // the lock, too, is a file
		return 0, nil, err
	}
	if err := makeDir(files, dir); err != nil {
		return 0, nil, fmt.Errorf("make the store's directory: %w", err)
	}
	if lock, err = pebbledb.LockDirectory(dir, files); err != nil {
		return 0, nil, explainLock(dir, err)
	}
	if version, err = mark(files, dir); err != nil {
		return 0, nil, errors.Join(err, lock.Close())
	}
	return version, lock, nil
}

// mark writes the FORMAT into a locked directory that has none.
func mark(files vfs.FS, dir string) (version uint64, err error) {
	version, err = inspect(files, dir) // again: it may have changed before it was locked
	if err != nil || version > 0 {
		return version, err
	}
	if err := writeFormat(files, dir, encodeFormat()); err != nil {
		return 0, fmt.Errorf("write %s: %w", files.PathJoin(dir, formatFile), err)
	}
	return formatVersion, nil
}

// inspect reads the directory and changes nothing. It returns the version of its
// FORMAT, which this code can read, or 0 when there is none, and an error when the
// directory is not for it.
func inspect(files vfs.FS, dir string) (version uint64, err error) {
	names, err := files.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if !slices.Contains(names, formatFile) {
		return 0, checkEmpty(dir, names)
	}
	name := files.PathJoin(dir, formatFile)
	version, err = readFormat(files, name)
	if errors.Is(err, ErrUnfinished) {
		return 0, fmt.Errorf("%w: %s says so; nothing was changed: empty the directory, and fill it again", err, name)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w; nothing was changed: restore it from a backup", ErrForeign, name, err)
	}
	if version > formatVersion {
		return 0, fmt.Errorf("%w: %s says version %d, and this program knows versions up to %d; nothing was changed: "+
			"start a newer stateward-proxy", ErrNewer, name, version, formatVersion)
	}
	return version, nil
}

// checkEmpty refuses a directory without FORMAT that holds anything but what a
// start that was cut short, or the making of a file system, leaves behind.
func checkEmpty(dir string, names []string) error {
	for _, name := range names {
		if !slices.Contains([]string{lockFile, formatFile + partial, "lost+found"}, name) {
			return fmt.Errorf("%w: %s has no %s, and it is not empty: it holds %q; nothing was changed: "+
				"choose an empty directory", ErrForeign, dir, formatFile, name)
		}
	}
	return nil
}

// makeDir makes the directory, and its parents, durably.
func makeDir(files vfs.FS, dir string) error {
	if _, err := files.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := files.PathDir(dir)
	if err := makeDir(files, parent); err != nil {
		return err
	}
	if err := files.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return syncDir(files, parent)
}

// explainLock says why the directory could not be locked. An error with a path
// is about the lock's file; one without is about the lock.
func explainLock(dir string, err error) error {
	if _, isPath := errors.AsType[*fs.PathError](err); isPath {
		return fmt.Errorf("lock the store's directory: %w", err)
	}
	return fmt.Errorf("%w: another process has %s open: stop it, or give this one a directory of its own (%w)",
		ErrInUse, dir, err)
}
