package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/stateward/stateward/proxy/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed restored.sql
var restored string

// The oldest server that has what the statements use: pg_current_xact_id.
const oldestServer = 130000

// ErrNewer says that a newer version of the program has written the database.
var ErrNewer = errors.New("a newer version has written this database")

// migrate brings the tables up to this program's version. Several programs may do
// it at once. It writes nothing where there is nothing to bring up.
func migrate(ctx context.Context, config Config, pool *pgxpool.Pool) error {
	provider, err := newProvider(config)
	if err != nil {
		return err
	}
	defer func() { _ = provider.Close() }() // of connections of its own
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	at, err := version(ctx, pool)
	if err != nil {
		return err
	}
	if at < newest {
		if at, err = raise(ctx, provider, pool); err != nil {
			return err
		}
	}
	if at > newest {
		return newer(at, newest)
	}
	_, err = pool.Exec(ctx, restored)
	if strings.HasPrefix(code(err), "42") { // a table or a column that is not there
		return fmt.Errorf("%w: the tables are not those of version %d: %w", store.ErrCorrupt, at, err)
	}
	return err
}

// newProvider returns what applies the migrations, one program after the other, on
// connections without time-outs.
func newProvider(config Config) (*goose.Provider, error) {
	pool, err := config.pool(1)
	if err != nil {
		return nil, err
	}
	maps.Copy(pool.ConnConfig.RuntimeParams, map[string]string{
		"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
	})
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, stdlib.OpenDB(*pool.ConnConfig), files,
		goose.WithTableName("stateward.migration"), goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// version returns that of the tables; 0 when there are none.
func version(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	var number int
	var exists bool
	err := pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, to_regclass('stateward.migration') IS NOT NULL`).Scan(&number, &exists)
	if err != nil {
		return 0, err
	}
	if number < oldestServer {
		return 0, fmt.Errorf("the server is PostgreSQL %d; the oldest that will do is %d", number/10000, oldestServer/10000)
	}
	if !exists {
		return 0, nil
	}
	var at sql.NullInt64
	if err := pool.QueryRow(ctx, `SELECT max(version_id) FROM stateward.migration WHERE is_applied`).Scan(&at); err != nil {
		return 0, fmt.Errorf("%w: the version of the tables cannot be read: %w", store.ErrCorrupt, err)
	}
	return at.Int64, nil
}

// raise applies what is missing, and returns the version that the tables then have:
// a newer one where a newer program was faster.
func raise(ctx context.Context, provider *goose.Provider, pool *pgxpool.Pool) (int64, error) {
	// Two that find no schema may both try to make it, and one of them fails.
	_, err := pool.Exec(ctx, `
		DO $$ BEGIN
			IF to_regnamespace('stateward') IS NULL THEN CREATE SCHEMA stateward; END IF;
		EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL; END $$`)
	if err != nil {
		return 0, fmt.Errorf("make the schema: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return 0, fmt.Errorf("make the tables: %w", err)
	}
	return version(ctx, pool)
}
