// Package proxy is the Stateward proxy as a part of another program.
package proxy

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/app"
)

// Config is how a proxy runs; its fields are what the flags of the command
// stateward-proxy set. Start from [Defaults].
type Config = app.Config

// Security is Config.Security: who may connect, how callers are known, and what they may
// call.
type Security = app.Security

// TLSFiles are the files of one side of TLS.
type TLSFiles = app.TLSFiles

// The words of Config.Store, and the ports that Config.Opened is told of.
const (
	StorePebble = app.StorePebble
	StoreMemory = app.StoreMemory
	PortAdmin   = app.PortAdmin
	PortService = app.PortService
)

// Defaults returns a config with which a proxy runs beside its function. It
// logs nothing.
func Defaults() Config { return app.Defaults() }

// Run runs a proxy until ctx ends, and then stops it: commands under way finish,
// for as long as Config.DrainTimeout allows. It returns nil when they all have,
// and an error when the proxy could not start, go on, or stop so.
func Run(ctx context.Context, config Config) error { return app.Serve(ctx, config) }
