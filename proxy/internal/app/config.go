package app

import (
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// The stores that a proxy can keep state in.
const (
	// StorePebble keeps state in the directory Config.Data.
	StorePebble = "pebble"
	// StorePostgres keeps state in the database Config.Database.
	StorePostgres = "postgres"
	// StoreMemory keeps state until the proxy ends.
	StoreMemory = "memory"
)

// stores are all of them, the default first.
var stores = []string{StorePebble, StorePostgres, StoreMemory} //nolint:gochecknoglobals // read only

// The ports that a proxy opens.
const (
	// PortAdmin is open from the start.
	PortAdmin = "admin"
	// PortService is open once a function serves.
	PortService = "service"
)

// Sizes in bytes.
const (
	// envelope is what a message on a stream may hold beside a request: names,
	// the entity key and metadata. Headers may be 64 KiB in all.
	envelope = 128 << 10
	// smallestMessage is what every function may send (CORE-LIMIT-004).
	smallestMessage = 4 << 20
	// maxMetadata is the largest metadata of a request or of a reply, keys and values
	// together.
	maxMetadata = 8 << 10
)

// maxDepth is how many forwards and side effects may follow one from another
// (FX-DEPTH-001).
const maxDepth = 8

// Config is how a proxy runs. Start from [Defaults].
type Config struct {
	// Function is where the user function listens: HOST:PORT or unix:PATH.
	Function string
	// Listen is where the user's services are served, Admin where the pages for
	// operators are: HOST:PORT, with port 0 for a free one.
	Listen, Admin string
	// Origins are those whose pages may call from a browser, such as https://shop.example;
	// * alone is every one. With Credentials they may send cookies and the like.
	Origins     []string
	Credentials bool
	// Security says who may connect, how callers are known, and what they may call.
	Security Security
	// Store is StorePebble, StorePostgres or StoreMemory; Data is the directory of the
	// first, and Database the data source name of the second.
	Store, Data, Database string
	// Node names this proxy among those that may write to the store, and stays over
	// restarts: one that was killed is then followed at once. Empty where it has none.
	Node string
	// IdleTimeout is how long an entity stays in memory without a command, where
	// discovery gives no time of its own.
	IdleTimeout time.Duration
	// CommandTimeout is how long the function may take to answer one command.
	CommandTimeout time.Duration
	// DrainTimeout is how long a proxy that stops lets commands finish.
	DrainTimeout time.Duration
	// Connections bounds those of callers.
	Connections Connections
	// Mailbox is how many commands may wait for one entity.
	Mailbox int
	// Active is how many entities may be active before the one that has rested
	// longest is passivated; 0 is any number.
	Active int
	// SnapshotAfter is how many events of one entity no snapshot covers when the
	// function is asked for one; 0 is never.
	SnapshotAfter int
	// Ahead is how many answers of one event sourced entity may be on their way into
	// the store while its next command runs; 0 is the standard, many. It has no flag: with 1
	// a benchmark shows what running ahead is worth.
	Ahead int
	// MaxMessage is the largest message in bytes on the function's streams; to the
	// function it may be no larger than the function says that it takes. A request
	// may take it less 128 KiB, for names and metadata.
	MaxMessage int
	// Dialect is in what the function is spoken to: auto, v1 or cloudstate-0.2.
	Dialect string
	// Unversioned takes a function of Cloudstate that states no version for one of
	// 0.2, also where it has replicated entities (DIA-VERSION-003).
	Unversioned bool
	// Base64 sends metadata in bytes to a function of Cloudstate 0.2 as text in base64
	// (DIA-META-001).
	Base64 bool
	// Dev tells the function that somebody develops it, and that its state may be
	// lost, which StoreMemory says as well. It changes nothing that the proxy does.
	Dev bool
	// Collector is the URL of an OpenTelemetry collector, which gets traces and metrics;
	// where it is empty the OTEL variables of the environment say.
	Collector string
	// TraceRatio is of how many calls that come without a trace one begins, from 0 to 1;
	// where it is negative the OTEL variables say.
	TraceRatio float64
	// Version is the proxy's, for logs, metrics and the function.
	Version string
	// Log is for the operator.
	Log *slog.Logger
	// Opened is told the address of each port, PortAdmin or PortService, once
	// it is open. It must not block. Nil when nobody asks.
	Opened func(port string, address net.Addr)
}

// Defaults returns a config with which a proxy runs beside its function.
func Defaults() Config {
	return Config{
		Function:       "127.0.0.1:8080",
		Listen:         "127.0.0.1:9000",
		Admin:          "127.0.0.1:9001",
		Security:       defaultSecurity(),
		Store:          StorePebble,
		Data:           "./stateward-data",
		IdleTimeout:    30 * time.Second,
		CommandTimeout: time.Minute,
		DrainTimeout:   30 * time.Second,
		Connections:    defaultConnections(),
		Mailbox:        256,
		SnapshotAfter:  1000,
		MaxMessage:     4 << 20,
		TraceRatio:     -1,
		Version:        "devel",
		Dialect:        "auto",
		Log:            slog.New(slog.DiscardHandler),
		Opened:         func(string, net.Addr) {},
	}
}

// dialects returns those in which the function is asked, in turn.
func (c *Config) dialects() ([]wire.Dialect, error) {
	dialects, err := wire.Choice(c.Dialect)
	for i := range dialects {
		dialects[i].Base64 = c.Base64 && dialects[i].Cloudstate
	}
	return dialects, err
}

// validate returns everything that is wrong with the config, by the settings'
// names; nil when nothing is.
func (c *Config) validate() error {
	var wrong []error
	refuse := func(is bool, name, format string, args ...any) {
		if is {
			wrong = append(wrong, setting.Wrongf(name, format, args...))
		}
	}
	_, _, err := function.ParseTarget(c.Function)
	refuse(err != nil, "function", "%w", err)
	_, err = c.dialects()
	refuse(err != nil, "dialect", "%w", err)
	_, _, err = net.SplitHostPort(c.Listen)
	refuse(err != nil, "listen", "%q is not HOST:PORT", c.Listen)
	_, _, err = net.SplitHostPort(c.Admin)
	refuse(err != nil, "admin", "%q is not HOST:PORT", c.Admin)
	err = c.cors().Validate()
	refuse(err != nil, "cors-origins", "%w", err)
	c.Security.refuse(refuse)
	refuse(!slices.Contains(stores, c.Store), "store", "%q is none of %s", c.Store, strings.Join(stores, ", "))
	refuse(c.Store == StorePostgres && c.Database == "", "database", "the store %s needs a database, such as postgres://user@host/name", StorePostgres)
	refuse(c.Store == StorePebble && c.Data == "", "data", "the store %s needs a directory", StorePebble)
	refuse(c.IdleTimeout <= 0, "idle-timeout", "%v is not greater than 0", c.IdleTimeout)
	refuse(c.CommandTimeout <= 0, "command-timeout", "%v is not greater than 0", c.CommandTimeout)
	refuse(c.DrainTimeout <= 0, "drain-timeout", "%v is not greater than 0", c.DrainTimeout)
	refuse(c.Mailbox <= 0, "mailbox", "%d is not greater than 0", c.Mailbox)
	refuse(c.Active < 0, "max-active", "%d is below 0", c.Active)
	refuse(c.SnapshotAfter < 0, "snapshot-after", "%d is below 0", c.SnapshotAfter)
	refuse(c.MaxMessage < smallestMessage, "max-message", "%d bytes are too few: give at least %d", c.MaxMessage, smallestMessage)
	wrong = append(wrong, c.Connections.wrong()...)
	wrong = append(wrong, c.wrongObservers()...)
	if c.Log == nil {
		wrong = append(wrong, errors.New("a config needs a log"))
	}
	return errors.Join(wrong...)
}
