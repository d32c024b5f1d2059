package pebble

import (
	"context"
	"errors"
	"fmt"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

// ErrOlder says that the directory has to be upgraded before it can be read only.
var ErrOlder = errors.New("the store is older than this program")

// Reader reads a directory that no store has open, and changes nothing of it but the
// lock.
type Reader struct {
	db   *pebbledb.DB
	lock *pebbledb.Lock
}

// OpenReader opens the directory, which has to be a store of the newest version, with the
// errors of Open. The caller closes the reader.
func OpenReader(config Config) (*Reader, error) {
	config, err := config.validate()
	if err != nil {
		return nil, err
	}
	version, err := inspect(config.Files, config.Dir)
	switch {
	case err != nil:
		return nil, err
	case version == 0:
		return nil, fmt.Errorf("%w: there is no store at %s", ErrForeign, config.Dir)
	case version < formatVersion:
		return nil, fmt.Errorf("%w: %s is of version %d, and this program reads version %d: upgrade it first",
			ErrOlder, config.Dir, version, formatVersion)
	}
	lock, err := pebbledb.LockDirectory(config.Dir, config.Files)
	if err != nil {
		return nil, explainLock(config.Dir, err)
	}
	name := config.Files.PathJoin(config.Dir, journalDir)
	options := options(disk.New(config.Files, config.Logger), config.Logger)
	options.ReadOnly = true
	db, err := pebbledb.Open(name, options)
	if err != nil {
		return nil, errors.Join(explainOpen(name, err), lock.Close())
	}
	return &Reader{db: db, lock: lock}, nil
}

// Export passes on all that is in the directory, as that of a store does.
func (r *Reader) Export(ctx context.Context, thorough bool, each func(store.Item) error) (err error) {
	moment := r.db.NewSnapshot()
	defer func() { err = release(err, moment) }()
	e := &exporter{moment: moment, thorough: thorough, each: func(item store.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return each(item)
	}}
	return e.run()
}

// Close releases the directory. No Export is under way any more.
func (r *Reader) Close() error { return errors.Join(r.db.Close(), r.lock.Close()) }
