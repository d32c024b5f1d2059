package sdk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Name is what this support library calls itself in discovery.
const Name = "stateward-go"

// Set by the linker: -ldflags '-X …/reference-impl/go/sdk.version=1.2.3'. The commit is
// that of the program.
var version, commit = "dev", ""

// Version returns the version of this support library; "dev" in a build that
// was not told one.
func Version() string { return version }

// Config says what a function is.
type Config struct {
	// Name is the name of the user's service, for people; not empty.
	Name string
	// Version is its version, for people; not empty.
	Version string
	// Entities are what the function serves; at least one. Order is free.
	Entities []Entity
	// Log gets what the function has to say. Nil means text on standard error
	// in Main, and slog's default elsewhere.
	Log *slog.Logger
	// Health says whether commands may be sent; nil means always.
	Health *Health
	// StopWithin bounds how long a proxy may take to hand the entities over once the
	// function stops, and then again how long commands that are being handled may take
	// to end; 0 means 5 seconds, and nothing else is below a millisecond: in those the
	// proxy is told (LIFE-DRAIN-001).
	StopWithin time.Duration
	// Cloudstate says how the function is called in the dialect of Cloudstate 0.2, in
	// which it is then served too; nil means that it speaks version 1 alone.
	Cloudstate *Cloudstate
	// Dialect is the only one to serve, DialectV1 or DialectCloudstate; empty means each
	// that the function speaks.
	Dialect string
}

// validate returns every mistake in the configuration, joined, so that an
// author mends all of them at once and the proxy is never told a wrong thing.
func (c Config) validate() error {
	var mistakes []error
	complainf := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	if c.Name == "" || c.Version == "" {
		complainf("a function has a name and a version (DISC-INFO-002)")
	}
	if c.StopWithin != 0 && c.StopWithin < time.Millisecond {
		complainf("StopWithin is %v, below a millisecond (LIFE-DRAIN-001)", c.StopWithin)
	}
	if !c.speaks(DialectV1) && !c.speaks(DialectCloudstate) {
		complainf("Dialect is %q, which the function does not speak", c.Dialect)
	}
	if err := c.Cloudstate.validate(c.Entities); err != nil {
		mistakes = append(mistakes, err)
	}
	if len(c.Entities) == 0 {
		complainf("a function serves at least one entity (DISC-ENT-003)")
	}
	services := map[string]bool{}
	owners := map[string]string{} // persistence id → service
	for _, entity := range c.Entities {
		if err := entity.Validate(); err != nil {
			mistakes = append(mistakes, err)
		}
		line := entity.Describe()
		service, id := line.GetServiceName(), line.GetPersistenceId()
		if services[service] {
			complainf("%s: listed twice (DISC-ENT-003)", service)
		} else if owner, taken := owners[id]; taken && id != "" {
			complainf("%s: persistence id %q is already that of %s (DISC-ENT-002)", service, id, owner)
		}
		services[service], owners[id] = true, service
	}
	return errors.Join(mistakes...)
}

// Function is a user function that is ready to be served. Its methods may be
// called from any goroutine.
type Function struct {
	config Config
	// What every Discover is answered with, in version 1 and in Cloudstate 0.2; never
	// changed. The second is nil where the function does not speak that dialect.
	spec, cloudstate *discoveryv1.DiscoverResponse
}

// New returns the function that the configuration describes, or every mistake
// in it, joined.
func New(config Config) (*Function, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Health == nil {
		config.Health = NewHealth()
	}
	if config.StopWithin == 0 {
		config.StopWithin = 5 * time.Second
	}
	spec, err := describe(config, rand.Text())
	if err != nil {
		return nil, err
	}
	function := &Function{config: config, spec: spec}
	if config.speaks(DialectCloudstate) {
		function.cloudstate, err = config.Cloudstate.describe(config, spec)
	}
	return function, err
}
