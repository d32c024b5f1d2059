package storetool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Extension is how the names of archives end.
const Extension = ".swar"

// FileName returns the name of the file in which an archive of the kind of store, taken
// at the time, is kept: that of a file in the place, where that is a directory.
func FileName(place, kind string, taken time.Time) string {
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return place
	}
	return filepath.Join(place, "stateward-"+kind+"-"+taken.UTC().Format("20060102T150405Z")+Extension)
}

// File is a file that is there as a whole, or not at all.
type File struct {
	*os.File

	name string
}

// Create begins a file, which only its owner may read, for it holds all that is stored.
// It refuses a name that is taken with store.ErrOccupied. The caller keeps the file, or
// drops it.
func Create(name string) (*File, error) {
	if err := free(name); err != nil {
		return nil, err
	}
	partial, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.partial")
	if err != nil {
		return nil, err
	}
	return &File{File: partial, name: name}, nil
}

// free refuses a name that is taken.
func free(name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("%w: %s is there, of %s and %s; nothing was changed: choose another name",
			store.ErrOccupied, name, info.ModTime().Format(time.DateTime), Bytes(info.Size()))
	}
}

// Keep makes the file durable, under its name.
func (f *File) Keep() error {
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Drop())
	}
	if err := free(f.name); err != nil { // somebody may have been faster
		return errors.Join(err, f.Drop())
	}
	if err := os.Rename(f.Name(), f.name); err != nil {
		return errors.Join(err, f.Drop())
	}
	return errors.Join(f.Close(), syncDirectory(filepath.Dir(f.name)))
}

// Drop removes the file.
func (f *File) Drop() error { return errors.Join(f.Close(), os.Remove(f.Name())) }

func syncDirectory(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
