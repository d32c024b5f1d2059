package durable

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Config is what a keeper stands on, and its limits. A limit of 0 becomes its default.
type Config struct {
	// Store keeps the effects.
	Store store.Effects
	// Records tells when no write of an entity is open any more; nil where none ever is
	// once its caller has heard of it.
	Records store.Records
	// Reporter tells the function of effects that are parked.
	Reporter Reporter
	// Metrics is told what happens; nil when nobody counts.
	Metrics Metrics
	// Log is for the operator.
	Log *slog.Logger
	// Random returns a random number from 0 up to 1, and Unique one that comes once.
	// Both may be called from any goroutine.
	Random func() float64
	Unique func() uint64

	// Patience is how long an effect is tried before it is parked. Default 24 h: the
	// target remembers the effect's key for as long (IDEM-KEEP-001).
	Patience time.Duration
	// AttemptTimeout is how long one attempt may take. Default 60 s.
	AttemptTimeout time.Duration
	// StoreTimeout is how long one call of the store may take. Default 10 s.
	StoreTimeout time.Duration
	// Attempts is how many attempts may be under way at once. Default 256.
	Attempts int
}

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Store == nil || c.Reporter == nil || c.Log == nil || c.Random == nil || c.Unique == nil:
		return errors.New("durable: Store, Reporter, Log, Random and Unique are needed")
	case min(c.Patience, c.AttemptTimeout, c.StoreTimeout) < 0 || c.Attempts < 0:
		return errors.New("durable: a limit is negative")
	default:
		return nil
	}
}

// withDefaults returns the config with each limit of 0 replaced.
func (c Config) withDefaults() Config {
	if c.Metrics == nil {
		c.Metrics = unmeasured{}
	}
	if c.Patience == 0 {
		c.Patience = 24 * time.Hour
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = 60 * time.Second
	}
	if c.StoreTimeout == 0 {
		c.StoreTimeout = 10 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 256
	}
	return c
}

// Sender makes attempts; the router is one. It may be called from any goroutine.
type Sender interface {
	// Send hands the effect to its target, or finds that it cannot be sent, and
	// returns. The channel gets exactly one result, at the end of ctx at the latest;
	// nobody has to receive it.
	Send(ctx context.Context, body Body) <-chan Result
}

// Reporter tells the user function of its mistakes.
type Reporter interface {
	// Report hands over one mistake that concerns the entity. It does not wait for
	// the function, and may be called from any goroutine.
	Report(ctx context.Context, id entity.ID, report entity.Report)
}

// Metrics is told what happens, from any goroutine, with locks held: its methods
// return at once.
type Metrics interface {
	// Kept says that the store keeps so many more, or fewer, effects that are tried,
	// and so many that are parked.
	Kept(tried, parked int)
	// Attempted says that an attempt has ended, and whether it delivered the effect.
	Attempted(delivered bool)
}

// unmeasured is the Metrics of a keeper that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Kept(int, int)  {}
func (unmeasured) Attempted(bool) {}
