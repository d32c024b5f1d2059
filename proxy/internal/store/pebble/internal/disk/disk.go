// Package disk stands between pebble and its files and shows it a disk that
// fails as one that is slow.
//
// Pebble holds that a write-ahead log that cannot be written is the end of the
// process: depending on where the error meets it, it calls Fatalf and then
// reports the commit as done, panics while it holds its locks, or unlocks a
// lock twice, which nothing can recover from. A store must rather refuse
// writes, say why, and go on when the disk does. So an operation that fails
// does not return. It waits:
//
//   - until [Disk.Retry], when it failed for want of room, and tries again;
//   - for ever, when it failed otherwise. A failed sync may succeed when it is
//     repeated though the bytes are lost; nothing is written after it.
//
// Whoever waits for pebble watches [Disk.Stalled] beside it. When the store is
// closed meanwhile, the disk is dropped: each operation, waiting or new, does
// nothing and succeeds, so that pebble can end in order. What lies on the real
// disk is then what a crash at the moment of the failure would have left, which
// pebble is made to recover from.
//
// Operations that only read pass through, and so do "does not exist" and
// "exists", which are answers.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Disk is a file system that stalls where the one under it fails.
type Disk struct {
	vfs.FS // what only reads

	log *slog.Logger

	mu      sync.Mutex
	phase   phase
	err     error         // what failed; nil while nothing has
	refused error         // what failed last while the disk opened
	lasting bool          // err does not pass
	waiting int           // operations that have failed for want of room, and not yet succeeded
	retry   chan struct{} // closed to let these try again, and then replaced
	stalled chan struct{} // closed while err is not nil, and replaced when it passes
	dropped chan struct{} // closed when phase becomes gone
}

// phase is what a failure means.
type phase uint8

const (
	// opening: pebble is told, for it opens with care and nobody waits but its caller.
	// A sync that fails drops the disk.
	opening phase = iota
	// serving: the operation waits.
	serving
	// leaving: the disk is dropped.
	leaving
	// gone: it has been.
	gone
)

var _ vfs.FS = (*Disk)(nil)

// New returns a disk over the file system. It passes failures on until Serve.
func New(under vfs.FS, log *slog.Logger) *Disk {
	return &Disk{
		FS: under, log: log,
		retry: make(chan struct{}), stalled: make(chan struct{}), dropped: make(chan struct{}),
	}
}

// Serve lets failures stall from now on. It returns what Halt was told before, or
// why GiveUp has dropped the disk.
func (d *Disk) Serve() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == opening {
		d.phase = serving
	}
	return d.err
}

// GiveUp drops a disk that opens, if it has failed: pebble, when it cannot write
// what its log holds to a table, tries again at once and for ever, and Open does
// not return. Later it does nothing, for then failures stall.
func (d *Disk) GiveUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == opening && d.refused != nil {
		d.fail(d.refused, true)
		d.drop()
	}
}

// Err returns why the disk takes no writes now; nil when it takes them. After a
// commit it tells whether the commit counts: it does not when Err is not nil.
func (d *Disk) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// Dropped returns why the disk was dropped; nil when it was not. Whatever pebble
// then says follows from it.
func (d *Disk) Dropped() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != gone {
		return nil
	}
	return d.err
}

// Stalled returns a channel that is closed while Err is not nil. It is good for
// one wait.
func (d *Disk) Stalled() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stalled
}

// Retry lets the operations that wait for room try again. It does not wait for
// what comes of it.
func (d *Disk) Retry() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil && !d.lasting {
		close(d.retry)
		d.retry = make(chan struct{})
	}
}

// Halt stalls the disk for good, because of err, and does not return before it
// is dropped. While the disk opens, it only takes note.
func (d *Disk) Halt(err error) {
	d.mu.Lock()
	if d.phase == opening {
		d.err = err
		d.mu.Unlock()
		return
	}
	d.fail(err, true)
	d.mu.Unlock()
	<-d.dropped
}

// Leave prepares for the end: a failure, present or to come, drops the disk.
func (d *Disk) Leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.phase == gone:
	case d.err != nil:
		d.drop()
	default:
		d.phase = leaving
	}
}

// drop begins the phase gone. The caller holds mu.
func (d *Disk) drop() {
	d.phase = gone
	close(d.dropped)
}

// fail notes a failure. The caller holds mu.
func (d *Disk) fail(err error, lasting bool) {
	if d.phase == gone {
		return
	}
	if d.err == nil {
		close(d.stalled)
	}
	if d.err == nil || lasting && !d.lasting {
		d.err, d.lasting = err, lasting
		d.log.Error("the store takes no writes", "reason", err, "lasting", lasting)
	}
	if d.phase == leaving {
		d.drop()
	}
}

// change makes one change to the disk. It returns nil when the change is made,
// or when it is dropped, and an error that is an answer.
func (d *Disk) change(what, name string, try func() error) error {
	waited := false
	for d.admit() {
		err := try()
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			d.settle(waited)
			return err
		}
		again, err := d.failed(describe(what, name, err), waited)
		if err != nil {
			return err
		}
		waited = true
		select {
		case <-again:
		case <-d.dropped:
		}
	}
	return nil
}

// admit reports whether an operation may try. It waits while none may, and
// returns false once the disk is dropped.
func (d *Disk) admit() bool {
	d.mu.Lock()
	phase, lasting := d.phase, d.lasting
	d.mu.Unlock()
	if phase != gone && lasting {
		<-d.dropped
		return false
	}
	return phase != gone
}

// failed takes note of an operation's failure. It returns the channel that tells
// it to try again, or the error that it returns to pebble.
func (d *Disk) failed(err error, waited bool) (<-chan struct{}, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == opening && !errors.Is(err, errLasting) {
		d.refused = err
		return nil, err
	}
	if d.phase == opening { // pebble panics where it meets one in the background
		d.fail(err, true)
		d.drop()
		return d.retry, nil
	}
	if !waited {
		d.waiting++
	}
	d.fail(err, !full(err))
	return d.retry, nil
}

// settle takes note that an operation has succeeded. When none is left that
// waits for room, the disk takes writes again.
func (d *Disk) settle(waited bool) {
	if !waited {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting--
	if d.waiting == 0 && !d.lasting && d.phase != gone {
		d.log.Info("the store takes writes again", "reason", d.err)
		d.err = nil
		d.stalled = make(chan struct{})
	}
}

// errLasting marks a failure that says nothing about what is on the disk.
var errLasting = errors.New("what was written before may be lost")

// full reports whether err passes when room is made.
func full(err error) bool {
	return !errors.Is(err, errLasting) && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT))
}

// describe names the operation in an error that does not.
func describe(what, name string, err error) error {
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	if path || link {
		return err
	}
	return fmt.Errorf("%s %s: %w", what, name, err)
}
