package disk

import (
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Create creates a file for writing.
func (d *Disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return d.open("create", name, func() (vfs.File, error) { return d.FS.Create(name, category) })
}

// OpenReadWrite opens a file for reading and writing.
func (d *Disk) OpenReadWrite(
	name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption,
) (vfs.File, error) {
	return d.open("open", name, func() (vfs.File, error) { return d.FS.OpenReadWrite(name, category, opts...) })
}

// OpenDir opens a directory for syncing.
func (d *Disk) OpenDir(name string) (vfs.File, error) {
	return d.open("open", name, func() (vfs.File, error) { return d.FS.OpenDir(name) })
}

// ReuseForWrite renames a file and opens it for writing.
func (d *Disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return d.open("reuse", newname, func() (vfs.File, error) { return d.FS.ReuseForWrite(oldname, newname, category) })
}

// Link makes a hard link.
func (d *Disk) Link(oldname, newname string) error {
	return d.change("link", newname, func() error { return d.FS.Link(oldname, newname) })
}

// Remove removes a file.
func (d *Disk) Remove(name string) error {
	return d.change("remove", name, func() error { return d.FS.Remove(name) })
}

// RemoveAll removes a directory and what is in it.
func (d *Disk) RemoveAll(name string) error {
	return d.change("remove", name, func() error { return d.FS.RemoveAll(name) })
}

// Rename renames a file.
func (d *Disk) Rename(oldname, newname string) error {
	return d.change("rename", newname, func() error { return d.FS.Rename(oldname, newname) })
}

// MkdirAll makes a directory and its parents.
func (d *Disk) MkdirAll(dir string, perm os.FileMode) error {
	return d.change("make", dir, func() error { return d.FS.MkdirAll(dir, perm) })
}

// Unwrap returns the file system underneath.
func (d *Disk) Unwrap() vfs.FS { return d.FS }

// open opens a file that can be written to or synced. Once the disk is dropped,
// that is a file of nothing.
func (d *Disk) open(what, name string, try func() (vfs.File, error)) (vfs.File, error) {
	var under vfs.File
	err := d.change(what, name, func() (err error) {
		under, err = try()
		return err
	})
	if err != nil {
		return nil, err
	}
	if under == nil {
		under = vfs.NewMemFile(nil)
	}
	return &file{File: under, disk: d, name: name}, nil
}

// file is an open file that can be written to or synced.
type file struct {
	vfs.File // what only reads

	disk *Disk
	name string
}

// Write writes all of p: after a stall it goes on where it stopped.
func (f *file) Write(p []byte) (int, error) {
	done := 0
	err := f.disk.change("write", f.name, func() error {
		n, err := f.File.Write(p[done:])
		done += n
		return err
	})
	if err != nil {
		return done, err
	}
	return len(p), nil
}

// WriteAt writes all of p from the offset on.
func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	err := f.disk.change("write", f.name, func() error {
		_, err := f.File.WriteAt(p, offset)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// Sync makes the file durable.
func (f *file) Sync() error { return f.sync(f.File.Sync) }

// SyncData makes what the file holds durable.
func (f *file) SyncData() error { return f.sync(f.File.SyncData) }

// SyncTo begins to make the first bytes of the file durable.
func (f *file) SyncTo(length int64) (bool, error) {
	whole := false
	err := f.sync(func() (err error) {
		whole, err = f.File.SyncTo(length)
		return err
	})
	return whole, err
}

// Preallocate asks for room; pebble does without when there is none.
func (f *file) Preallocate(offset, length int64) error {
	if !f.disk.admit() {
		return nil
	}
	return f.File.Preallocate(offset, length)
}

// Close closes the file, whatever the state of the disk.
func (f *file) Close() error {
	err := f.File.Close()
	if err == nil {
		return nil
	}
	return f.sync(func() error { return err })
}

// sync runs an operation that must not be repeated once it has failed.
func (f *file) sync(try func() error) error {
	return f.disk.change("sync", f.name, func() error {
		if err := try(); err != nil {
			return fmt.Errorf("%w: %w", errLasting, err)
		}
		return nil
	})
}
