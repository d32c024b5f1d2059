package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stateward/stateward/proxy/internal/store"
)

// ErrOlder says that the tables have to be upgraded before they can be read only.
var ErrOlder = errors.New("an older version has written this database")

// Reader reads a database, also while proxies write to it, and changes nothing.
type Reader struct{ pool *pgxpool.Pool }

// OpenReader opens the database, whose tables have to be of the newest version. The
// caller closes the reader.
func OpenReader(ctx context.Context, config Config) (*Reader, error) {
	config, err := config.validate()
	if err != nil {
		return nil, err
	}
	pool, err := config.open(ctx, 1)
	if err != nil {
		return nil, err
	}
	if err := current(ctx, config, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return &Reader{pool: pool}, nil
}

// current refuses tables of another version than the newest.
func current(ctx context.Context, config Config, pool *pgxpool.Pool) error {
	newest, err := newestVersion(config)
	if err != nil {
		return err
	}
	at, err := version(ctx, pool)
	switch {
	case err != nil:
		return err
	case at == 0:
		return errors.New("there is no store in this database")
	case at < newest:
		return fmt.Errorf("%w: its tables are of version %d, and this program reads version %d: upgrade it first", ErrOlder, at, newest)
	case at > newest:
		return newer(at, newest)
	default:
		return nil
	}
}

// newestVersion is that of the tables which this program makes.
func newestVersion(config Config) (int64, error) {
	provider, err := newProvider(config)
	if err != nil {
		return 0, err
	}
	defer func() { _ = provider.Close() }() // it has not connected
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}

// newer refuses tables of a newer version.
func newer(at, newest int64) error {
	return fmt.Errorf("%w: its tables are of version %d, and this program knows up to %d", ErrNewer, at, newest)
}

// Export passes on all that is in the database, as that of a store does.
func (r *Reader) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	return export(ctx, r.pool, thorough, func(item store.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return each(item)
	})
}

// Close closes the connection. No Export is under way any more.
func (r *Reader) Close() error {
	r.pool.Close()
	return nil
}
