package single

import (
	"errors"
	"log/slog"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Config is what a node stands on.
type Config struct {
	// Leases are those of the store that the entities are in.
	Leases store.Leases
	// NewID returns an id that no other node has, has had or will have.
	NewID func() string
	// Name is stable over restarts: with one, a node takes over at once from the one
	// that was killed. Empty where there is none: then it waits until the lease of that
	// one is over.
	Name string
	// Length is how long the lease lasts, and how long the store may be gone before
	// this node answers nobody any more. Default 6 s.
	Length time.Duration
	// Log is for the operator.
	Log *slog.Logger
}

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Leases == nil:
		return errors.New("single: Config.Leases is missing")
	case c.NewID == nil:
		return errors.New("single: Config.NewID is missing")
	case c.Log == nil:
		return errors.New("single: Config.Log is missing")
	case c.Length < 0:
		return errors.New("single: Config.Length is negative")
	default:
		return nil
	}
}

// withDefaults returns the config with a length.
func (c Config) withDefaults() Config {
	if c.Length == 0 {
		c.Length = 6 * time.Second
	}
	return c
}

// beat is how much of the lease passes between two renewals, and the most that one of
// them may take: three may fail before the lease is over.
func (c Config) beat() time.Duration { return c.Length / 4 }
