package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
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

// fromOwnProxy returns the store of the proxy that runs with this config, in the directory.
// With TLS on its admin port it shows the certificate of that port, for want of another.
func (c *Config) fromOwnProxy(directory string, about archive.About) (*source, error) {
	s := fromProxy(c.adminURL(), directory, about)
	own := c.Security.Admin
	secured, err := c.toAdmin(TLSFiles{Certificate: own.Certificate, Key: own.Key})
	if err != nil || secured == nil {
		return s, err
	}
	s.Exporter = storetool.Remote{
		Client: &http.Client{Transport: &http.Transport{TLSClientConfig: secured}}, Proxy: c.adminURL(), Directory: directory,
	}
	return s, nil
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
			return c.fromOwnProxy(directory, about)
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
	address, _ := reachable(c.Admin) // it has been validated
	scheme := "http://"
	if c.Security.Admin.Certificate != "" {
		scheme = "https://"
	}
	return scheme + address
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
