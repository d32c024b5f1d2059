// Package pebble keeps everything in a directory: one synced batch a write, which
// pebble commits together with those of other entities. FORMAT.md describes the
// directory and what is in it.
package pebble

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	pebbledb "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/lease"
	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

// Config says where a store lives.
type Config struct {
	// Dir is the store's directory. It is made when there is none; it is the
	// store's own and holds nothing else.
	Dir string
	// Logger hears of trouble that no caller is told of. Required.
	Logger *slog.Logger
	// Files is the file system; nil for the operating system's.
	Files vfs.FS
	// Clock says what time it is; nil for the system's.
	Clock func() time.Time
}

// validate checks the config and fills in what may be left out.
func (c Config) validate() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("a store needs a directory")
	}
	if c.Logger == nil {
		return c, errors.New("a store needs a logger")
	}
	if c.Files == nil {
		c.Files = vfs.Default
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	dir, err := filepath.Abs(c.Dir) // one name for one directory: locks go by it
	c.Dir = dir
	return c, err
}

// Store is an open directory.
type Store struct {
	dir   string
	disk  *disk.Disk
	db    *pebbledb.DB
	lock  *pebbledb.Lock // of the directory
	locks *locks         // of the entities
	heads *heads         // guarded by locks
	clock func() time.Time

	committer *committer // of the writes
	offsets   *offsets   // of the event log
	rights    rights     // to write

	mu      sync.Mutex
	closed  bool           // guarded by mu
	closing chan struct{}  // closed with closed
	calls   sync.WaitGroup // calls under way, and the commits that outlive theirs
}

var _ store.Store = (*Store)(nil)

// errStalled stands for the disk's own error, which says why.
var errStalled = errors.New("the disk stalls")

// theStore stands for the store as a whole where an entity is named.
var theStore = store.ID{}

// Open opens the store in the directory, or makes one in an empty or missing
// directory. It refuses a directory that is not for it with ErrInUse, ErrNewer
// or ErrForeign, and changes nothing there. A store whose files are damaged is
// refused with store.ErrCorrupt. The caller closes the store.
func Open(config Config) (*Store, error) {
	config, err := config.validate()
	if err != nil {
		return nil, err
	}
	version, lock, err := claim(config.Files, config.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		dir:     config.Dir,
		disk:    disk.New(config.Files, config.Logger),
		lock:    lock,
		locks:   newLocks(),
		clock:   config.Clock,
		offsets: newOffsets(0),
		closing: make(chan struct{}),
	}
	s.heads = newHeads(s.locks.seed)
	name := config.Files.PathJoin(config.Dir, journalDir)
	s.db, err = pebbledb.Open(name, options(s.disk, config.Logger))
	if err != nil {
		return nil, errors.Join(explainOpen(name, cmp.Or(s.disk.Dropped(), err)), lock.Close())
	}
	// Pebble works on by itself from now on, and must not meet an error.
	s.committer = newCommitter(s)
	err = s.disk.Serve()
	if err == nil {
		err = s.start(config.Files, version)
	}
	if err != nil {
		_ = s.Close() // it fails for the same reason
		return nil, explainOpen(name, err)
	}
	return s, nil
}

// start begins the epoch of this opening, and brings what an older program has
// written up to date. An older FORMAT is replaced first, so that no older program
// reads what it would misread.
func (s *Store) start(files vfs.FS, version uint64) error {
	if version < formatVersion {
		if err := writeFormat(files, s.dir, encodeFormat()); err != nil {
			return err
		}
	}
	now, _, err := get(s, theStore, "state", stateKey(), decodeState)
	if err != nil {
		return err
	}
	if now.epoch++; now.epoch > maxEpoch {
		return fmt.Errorf("the epoch is %d, and the last is %d", now.epoch, maxEpoch)
	}
	s.offsets = newOffsets(now.epoch)
	s.rights.table, s.rights.stored = lease.New(now.epoch), now.epoch
	if err := s.note(now); err != nil || now.upgraded {
		return err
	}
	if err := s.upgrade(); err != nil {
		return err
	}
	now.upgraded = true
	return s.note(now)
}

// note stores what is said of the store as a whole.
func (s *Store) note(now state) error {
	return s.change(context.Background(), "begin the epoch of", theStore, func(w *writes) error {
		w.set(stateKey(), encodeState(stateKey(), now))
		return nil
	})
}

// options are pebble's. What they leave out is pebble's default.
func options(files *disk.Disk, log *slog.Logger) *pebbledb.Options {
	logger := logger{log: log, disk: files}
	options := &pebbledb.Options{
		FS:            files,
		Logger:        logger,
		EventListener: logger.events(),
		// Pinned: a newer one is a newer FORMAT, for older programs cannot read it.
		FormatMajorVersion: pebbledb.FormatTableFormatV6,
		CacheSize:          32 << 20, // bytes
		MemTableSize:       16 << 20, // bytes
	}
	// An entity that has nothing stored is found to have nothing without reading.
	options.Levels[0].FilterPolicy = bloom.FilterPolicy(10)
	return options
}

func explainOpen(name string, err error) error {
	if pebbledb.IsCorruptionError(err) {
		return fmt.Errorf("%w: open %s: %w", store.ErrCorrupt, name, err)
	}
	return fmt.Errorf("open %s: %w", name, err)
}

// begin counts a call in that the caller counts out by calls.Done.
func (s *Store) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.calls.Add(1)
	return nil
}

// ready returns why no write can be taken now. It lets what stalls for want of
// room try again, so that whoever asks often enough learns that there is room.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.disk.Err(); err != nil {
		s.disk.Retry()
		return fmt.Errorf("the store at %s takes no writes: %w", s.dir, err)
	}
	return nil
}

// Ping reports whether the store can take a write now.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	return s.ready(ctx)
}

// Close waits for the calls under way, for the callee of a Load too, and
// releases the directory. When the disk has failed it returns why; the
// directory is then as a crash would have left it, and can be opened again.
func (s *Store) Close() error {
	if err := s.close(); err != nil {
		return err
	}
	s.disk.Leave()
	s.calls.Wait()
	s.committer.close()
	err := s.db.Close()
	if failure := s.disk.Err(); failure != nil {
		err = failure // whatever pebble said follows from it
	}
	if err := errors.Join(err, s.lock.Close()); err != nil {
		return fmt.Errorf("close the store at %s: %w", s.dir, err)
	}
	return nil
}

// close lets no further call begin, and calls of Load end.
func (s *Store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.closed = true
	close(s.closing)
	return nil
}
