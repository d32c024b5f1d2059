package postgres_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// OPS-STORE-001, OPS-STORE-002: a database that a newer version has written is refused
// by its version, and nothing is written there, not even tried.
func TestNewerIsRefused(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	if err := open(t, postgres.Config{DSN: dsn}).Close(); err != nil {
		t.Fatal(err)
	}
	d := connect(t, dsn)
	d.do(`INSERT INTO stateward.migration (version_id, is_applied) VALUES (987, true)`)
	d.do(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Log: discard()})
	if !errors.Is(err, postgres.ErrNewer) || !strings.Contains(err.Error(), "987") {
		t.Errorf("Open() = %v, %v, want ErrNewer with the version", s, err)
	}
}

// OPS-STORE-001: tables that are not as they were made are named.
func TestDamagedIsRefused(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	if err := open(t, postgres.Config{DSN: dsn}).Close(); err != nil {
		t.Fatal(err)
	}
	connect(t, dsn).do(`DROP TABLE stateward.log`)
	_, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Log: discard()})
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "stateward.log") {
		t.Errorf("Open() = %v, want ErrCorrupt with what is missing", err)
	}
}

// Many proxies that start at once on an empty database all come up.
func TestConcurrentStarters(t *testing.T) {
	t.Parallel()
	_ = database(t)
	dsn := server.Empty(t)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Log: discard(), PoolSize: 4})
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := errors.Join(s.Ping(t.Context()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := connect(t, dsn).number(`SELECT count(*) FROM stateward.log`); n != 1 {
		t.Errorf("the tables were made %d times", n)
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://me:s3cret@127.0.0.1:1/shop",
		"host=127.0.0.1 port=1 user=me password=s3cret",
		"postgres://me:s3cret@127.0.0.1:port/shop",
		"host=127.0.0.1 port=none user=me password=s3cret",
		"postgres://me:s3cret@127.0.0.1:1/shop?sslmode=none",
		"host=127.0.0.1 password='s3cret",
	} {
		var log bytes.Buffer
		_, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Log: slog.New(slog.NewTextHandler(&log, nil)), ConnectTimeout: time.Second})
		if err == nil || strings.Contains(err.Error()+log.String(), "s3cret") {
			t.Errorf("Open() = %v, and logs %q", err, log.String())
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]postgres.Config{
		"name of a database": {Log: discard()},
		"needs a logger":     {DSN: "host=/"},
		"pool of 2":          {DSN: "host=/", Log: discard(), PoolSize: 2},
		"time-out":           {DSN: "host=/", Log: discard(), LockTimeout: time.Microsecond},
	} {
		if _, err := postgres.Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open() = %v, want an error with %q", err, want)
		}
	}
}

// A server that is gone, and comes back.
func TestPing(t *testing.T) {
	t.Parallel()
	server := own(t)
	s := open(t, postgres.Config{DSN: server.DSN("postgres"), ConnectTimeout: time.Second})
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("Ping() = nil, and the server is gone")
	}
	if err := s.Append(t.Context(), cart("1"), numbered(cart("1"), store.Fence{}, 1)); err == nil {
		t.Error("Append() = nil, and the server is gone")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for s.Ping(t.Context()) != nil {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("the store never comes back")
		}
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// A primary that has become a standby takes no writes, and says so.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s, d := open(t, postgres.Config{DSN: dsn}), connect(t, dsn)
	d.do(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	postgres.Writes(s).Reset() // one of before may still write
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Ping() = %v, want that it takes no writes", err)
	}
	if err := s.Append(t.Context(), cart("1"), numbered(cart("1"), store.Fence{}, 1)); err == nil {
		t.Error("Append() = nil, and the database is read-only")
	}
	if s, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Log: discard()}); err == nil || errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Open() = %v, %v, want that it takes no writes", s, err)
	}
}

// A database that is told not to wait for its disk is not believed.
func TestCommitsAreSynchronous(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn + " options='-c synchronous_commit=off'"})
	var setting string
	if err := postgres.Writes(s).QueryRow(t.Context(), `SHOW synchronous_commit`).Scan(&setting); err != nil || setting != "on" {
		t.Errorf("synchronous_commit is %s, %v", setting, err)
	}
}
