package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// source is a whole store that a command reads.
type source struct {
	store.Exporter

	// name says what is read, and holds no secret.
	name  string
	about archive.About
	close func() error
}

// fromArchive returns the archive in the file; "-" stands for the input.
func fromArchive(file string, stdin io.Reader) (*source, error) {
	a, err := storetool.OpenArchive(file, stdin)
	if err != nil {
		return nil, err
	}
	about := a.About()
	name := fmt.Sprintf("the archive %s, of a store of the kind %s as of %s", file, about.Store, about.Taken.Format(time.RFC3339))
	return &source{Exporter: a, name: name, about: about, close: a.Close}, nil
}

// fromProxy returns the store of a proxy that runs, which keeps it in the directory, or
// anywhere where that is empty.
func fromProxy(url, directory string, about archive.About) *source {
	if directory == "" {
		about.Store = "proxy" // of what kind it is, it does not say before it is asked
	}
	remote := storetool.Remote{Proxy: url, Directory: directory}
	return &source{Exporter: remote, name: "the store of the proxy at " + url, about: about, close: func() error { return nil }}
}

// read returns the store that the config, which is valid, names. A directory that a proxy
// has open is copied by that proxy: nobody else can read it.
func (c *Config) read(ctx context.Context, log *slog.Logger) (*source, error) {
	about := c.about()
	switch c.Store {
	case StorePostgres:
		r, err := postgres.OpenReader(ctx, postgres.Config{DSN: c.Database, Log: log})
		if err != nil {
			return nil, setting.Wrongf("database", "%w", withoutSecret(err, c.Database))
		}
		return &source{Exporter: r, name: c.place(), about: about, close: r.Close}, nil
	case StorePebble:
		directory, err := filepath.Abs(c.Data)
		if err != nil {
			return nil, setting.Wrongf("data", "%w", err)
		}
		r, err := pebble.OpenReader(pebble.Config{Dir: directory, Logger: log})
		if errors.Is(err, pebble.ErrInUse) {
			return fromProxy(c.adminURL(), directory, about), nil
		}
		if err != nil {
			return nil, setting.Wrongf("data", "%w", err)
		}
		return &source{Exporter: r, name: c.place(), about: about, close: r.Close}, nil
	default:
		return nil, errNothingKept
	}
}

// errNothingKept refuses what only a store can be asked that outlives its proxy.
var errNothingKept = setting.Wrongf("store", "%s keeps nothing that another process could reach", StoreMemory)

// fill fills the store that the config, which is valid, names.
func (c *Config) fill(ctx context.Context, log *slog.Logger, with store.Fill) error {
	switch c.Store {
	case StorePostgres:
		return withoutSecret(postgres.Import(ctx, postgres.Config{DSN: c.Database, Log: log}, with), c.Database)
	case StorePebble:
		return pebble.Import(ctx, pebble.Config{Dir: c.Data, Logger: log}, with)
	default:
		return errNothingKept
	}
}

// adminURL is where the configured admin port is reached from this machine.
func (c *Config) adminURL() string {
	host, port, _ := net.SplitHostPort(c.Admin) // it has been validated
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// about says where an archive of the configured store comes from.
func (c *Config) about() archive.About {
	return archive.About{Taken: time.Now(), Program: c.Version, Store: c.Store}
}

// place names the configured store, without a secret.
func (c *Config) place() string {
	if c.Store == StorePostgres {
		return "the database " + maskDatabase(c.Database)
	}
	return "the directory " + c.Data
}
