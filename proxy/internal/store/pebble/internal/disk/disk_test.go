package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

// under is a file system whose files fail when told to.
type under struct {
	vfs.FS

	mu    sync.Mutex
	room  int   // bytes that can be written before the disk is full
	sync  error // what Sync returns
	syncs int   // how often it was called
}

func (u *under) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := u.FS.Create(name, category)
	return &underFile{File: f, under: u}, err
}

func (u *under) set(room int, sync error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.room, u.sync = room, sync
}

type underFile struct {
	vfs.File

	under *under
}

// Write writes what there is room for.
func (f *underFile) Write(p []byte) (int, error) {
	f.under.mu.Lock()
	defer f.under.mu.Unlock()
	n, err := f.File.Write(p[:min(len(p), f.under.room)])
	f.under.room -= n
	if err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return n, err
}

func (f *underFile) Sync() error {
	f.under.mu.Lock()
	defer f.under.mu.Unlock()
	f.under.syncs++
	return f.under.sync
}

// newDisk returns a serving disk, what is under it, and an open file of it.
func newDisk(t *testing.T, room int) (*disk.Disk, *under, vfs.File) {
	t.Helper()
	u := &under{FS: vfs.NewMem(), room: room}
	d := disk.New(u, slog.New(slog.DiscardHandler))
	if err := d.Serve(); err != nil {
		t.Fatal(err)
	}
	f, err := d.Create("file", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	return d, u, f
}

func content(t *testing.T, files vfs.FS) string {
	t.Helper()
	f, err := files.Open("file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestWriteWaitsForRoomAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, u, f := newDisk(t, 3)
		stalled := d.Stalled()
		done := make(chan error, 1)
		go func() { _, err := f.Write([]byte("abcdefgh")); done <- err }()

		<-stalled
		if err := d.Err(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "file") {
			t.Errorf("Err() = %v, want ENOSPC and the file's name", err)
		}
		u.set(2, nil)
		d.Retry()
		synctest.Wait()
		if len(done) != 0 || d.Err() == nil {
			t.Fatalf("the write ended with %d bytes missing, Err() = %v", 3, d.Err())
		}
		u.set(100, nil)
		d.Retry()
		if err := <-done; err != nil {
			t.Errorf("Write() = %v", err)
		}
		if err := d.Err(); err != nil || isClosed(d.Stalled()) {
			t.Errorf("Err() = %v after there was room", err)
		}
		if got := content(t, u); got != "abcdefgh" {
			t.Errorf("the file holds %q", got)
		}
	})
}

func TestAllThatWaitForRoomMustSucceed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, u, f := newDisk(t, 0)
		other, err := d.Create("other", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		go func() { _, err := f.Write([]byte("ab")); done <- err }()
		go func() { _, err := other.Write([]byte("ab")); done <- err }()
		synctest.Wait()
		u.set(2, nil) // enough for one
		d.Retry()
		synctest.Wait()
		if len(done) != 1 || d.Err() == nil {
			t.Errorf("%d writes have ended, Err() = %v, want one, and a stall", len(done), d.Err())
		}
		u.set(2, nil)
		d.Retry()
		synctest.Wait()
		if len(done) != 2 || d.Err() != nil {
			t.Errorf("%d writes have ended, Err() = %v, want both, and no stall", len(done), d.Err())
		}
	})
}

func TestSyncIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{syscall.EIO, syscall.ENOSPC} {
		synctest.Test(t, func(t *testing.T) {
			d, u, f := newDisk(t, 100)
			u.set(100, failure)
			done := make(chan error, 2)
			go func() { done <- f.Sync() }()
			synctest.Wait()
			u.set(100, nil)
			d.Retry()
			go func() { _, err := f.Write([]byte("later")); done <- err }()
			synctest.Wait()
			if err := d.Err(); len(done) != 0 || !errors.Is(err, failure) {
				t.Errorf("%d operations have ended, Err() = %v, want a lasting %v", len(done), err, failure)
			}
			d.Leave()
			if err := errors.Join(<-done, <-done); err != nil {
				t.Errorf("an operation of a dropped disk = %v", err)
			}
			if got := content(t, u); u.syncs != 1 || got != "" {
				t.Errorf("after the failure there were %d syncs, and %q was written", u.syncs-1, got)
			}
		})
	}
}

func TestDroppedDiskDoesNothing(t *testing.T) {
	t.Parallel()
	d, u, f := newDisk(t, 100)
	d.Leave()
	if _, err := f.Write([]byte("kept")); err != nil || d.Err() != nil {
		t.Fatalf("Write() = %v, Err() = %v: a disk that is left works until it fails", err, d.Err())
	}
	u.set(0, nil)
	if _, err := f.Write([]byte("dropped")); err != nil {
		t.Errorf("Write() = %v, want nothing, and no error", err)
	}
	if err := d.Err(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Err() = %v, want what dropped the disk", err)
	}
	u.set(100, nil)
	created, err := d.Create("new", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	_, writeErr := created.Write([]byte("dropped"))
	_, writeAtErr := created.WriteAt([]byte("dropped"), 3)
	_, syncToErr := created.SyncTo(3)
	for what, err := range map[string]error{
		"Write": writeErr, "WriteAt": writeAtErr, "SyncTo": syncToErr, "Sync": created.Sync(),
		"SyncData": created.SyncData(), "Preallocate": created.Preallocate(0, 9), "Close": created.Close(),
		"Remove": d.Remove("file"), "RemoveAll": d.RemoveAll("file"), "Rename": d.Rename("file", "moved"),
		"Link": d.Link("file", "linked"), "MkdirAll": d.MkdirAll("dir", 0o700),
	} {
		if err != nil {
			t.Errorf("%s = %v, want no error", what, err)
		}
	}
	if names, err := u.List(""); err != nil || len(names) != 1 || content(t, u) != "kept" {
		t.Errorf("the disk holds %q (%v), want the one file as it was", names, err)
	}
}

func TestHaltDoesNotReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _, _ := newDisk(t, 100)
		done := make(chan struct{})
		go func() { d.Halt(errors.New("broken")); close(done) }()
		<-d.Stalled()
		d.Retry()
		synctest.Wait()
		if isClosed(done) || d.Err() == nil {
			t.Errorf("Halt returned, or Err() = %v", d.Err())
		}
		d.Leave()
		<-done
	})
}

func TestOpeningPassesFailuresOn(t *testing.T) {
	t.Parallel()
	u := &under{FS: vfs.NewMem()}
	d := disk.New(u, slog.New(slog.DiscardHandler))
	f, err := d.Create("file", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("a")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write() = %v, want the failure", err)
	}
	broken := errors.New("broken")
	d.Halt(broken) // returns: nobody would wait for it
	if err := d.Serve(); !errors.Is(err, broken) {
		t.Errorf("Serve() = %v, want what Halt was told", err)
	}
}

// TestFailedSyncWhileOpeningDropsTheDisk: pebble is not told, for it would panic where
// it syncs in the background; whoever opens the disk is.
func TestFailedSyncWhileOpeningDropsTheDisk(t *testing.T) {
	t.Parallel()
	u := &under{FS: vfs.NewMem(), room: 10, sync: syscall.EIO}
	d := disk.New(u, slog.New(slog.DiscardHandler))
	f, err := d.Create("file", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Errorf("Sync() = %v, want that pebble does not hear of it", err)
	}
	for what, err := range map[string]error{"Dropped": d.Dropped(), "Serve": d.Serve(), "Err": d.Err()} {
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("%s() = %v, want the failure", what, err)
		}
	}
}

func TestAnswersAreNotFailures(t *testing.T) {
	t.Parallel()
	d, _, _ := newDisk(t, 100)
	if err := d.Remove("missing"); !errors.Is(err, fs.ErrNotExist) || d.Err() != nil {
		t.Errorf("Remove() = %v, Err() = %v, want that it does not exist, and no stall", err, d.Err())
	}
}
