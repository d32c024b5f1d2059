package runtime

import (
	"context"
	"errors"
	"log/slog"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// Config is what a runtime stands on, and its limits. A limit of 0 becomes its
// default.
type Config struct {
	// Functions opens the streams.
	Functions Functions
	// Kinds says how the entities of each kind are run; the key is Target.Kind.
	Kinds map[string]Kind
	// Owner gives the right to write an entity; nil where nobody else writes.
	Owner Owner
	// Keeping is told that entities of the kind are stored under the persistence id,
	// before the first of one is loaded. An error fails those that wait. Nil where
	// nobody keeps kinds apart.
	Keeping func(ctx context.Context, persistence, kind string) error
	// Records finds the answers to keyed commands; nil where a call that is made again is
	// carried out again.
	Records store.Records
	// Effects makes of the durable side effects of one answer what is stored of them,
	// one for each and in their order. The command is the answered one. Nil where no
	// function has them.
	Effects func(source entity.ID, command entity.Command, effects []*entityv1.SideEffect) []store.Effect
	// Doubt is told of durable side effects of which it is unknown whether they are
	// stored. It does not wait. Nil where no function has them.
	Doubt func(source store.ID, effects []store.Effect)
	// Start starts the side effects of an answer for which no caller waits. It does not
	// wait for them. Nil where no entity is replicated.
	Start func(source entity.ID, effects entity.Start)
	// Reporter tells the function of its mistakes.
	Reporter Reporter
	// Metrics is told what happens; nil when nobody counts.
	Metrics Metrics
	// Witness is told which entities come and leave; nil when nobody looks.
	Witness Witness
	// Tracer follows commands from hop to hop; nil when nobody traces.
	Tracer *trace.Tracer
	// Log is for the operator.
	Log *slog.Logger

	// Mailbox is how many commands may wait for one entity. Default 256.
	Mailbox int
	// Active is how many entities may be active before the one that has rested
	// longest is passivated (CORE-LIMIT-019). Default 0: any number.
	Active int
	// CommandTimeout is how long the function may take to answer one command.
	// Default 60 s.
	CommandTimeout time.Duration
	// ActivationTimeout is how long the opening of a stream and the replay on it
	// may take. Default 60 s.
	ActivationTimeout time.Duration
	// StoreTimeout is how long one write may take. Default 10 s.
	StoreTimeout time.Duration
	// IdleTimeout is how long an entity stays without a command where its
	// target does not say. Default 30 s.
	IdleTimeout time.Duration
	// Grace is how long the function may take to end a half-closed stream
	// before it is reset. Default 5 s.
	Grace time.Duration
	// Keep is how long the answers of keyed commands are kept. Default 24 h.
	Keep time.Duration
}

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Functions == nil:
		return errors.New("runtime: Config.Functions is missing")
	case len(c.Kinds) == 0:
		return errors.New("runtime: Config.Kinds is empty")
	case c.Reporter == nil:
		return errors.New("runtime: Config.Reporter is missing")
	case c.Log == nil:
		return errors.New("runtime: Config.Log is missing")
	case min(c.CommandTimeout, c.ActivationTimeout, c.StoreTimeout, c.IdleTimeout, c.Grace, c.Keep) < 0 || min(c.Mailbox, c.Active) < 0:
		return errors.New("runtime: a limit is negative")
	default:
		return nil
	}
}

// withDefaults returns the config with each limit of 0 replaced.
func (c Config) withDefaults() Config {
	if c.Metrics == nil {
		c.Metrics = unmeasured{}
	}
	if c.Witness == nil {
		c.Witness = unwitnessed{}
	}
	if c.Start == nil {
		c.Start = func(entity.ID, entity.Start) {}
	}
	if c.Doubt == nil {
		c.Doubt = func(store.ID, []store.Effect) {}
	}
	if c.Owner == nil {
		c.Owner = alone{}
	}
	if c.Mailbox == 0 {
		c.Mailbox = 256
	}
	for limit, standard := range map[*time.Duration]time.Duration{
		&c.CommandTimeout:    60 * time.Second,
		&c.ActivationTimeout: 60 * time.Second,
		&c.StoreTimeout:      10 * time.Second,
		&c.IdleTimeout:       30 * time.Second,
		&c.Grace:             5 * time.Second,
		&c.Keep:              24 * time.Hour,
	} {
		if *limit == 0 {
			*limit = standard
		}
	}
	return c
}

// Target says how the entities of one service are run. It comes from discovery.
type Target struct {
	// Kind is the entity type, such as "stateward.eventsourced.v1.EventSourcedService".
	Kind string
	// Persistence names the entities' stored state.
	Persistence string
	// Deleted is what the callers of a deleted entity get; nil for NOT_FOUND.
	Deleted error
	// Passivation is how long an entity stays without a command; 0 when the
	// runtime decides.
	Passivation time.Duration
}

// Owner gives the right to write. Its methods may be called from any goroutine, and the
// last two with locks held: they return at once.
type Owner interface {
	// Own returns the fence under which the entity may be written from now on: what was
	// written under an older one is visible by then. An error that is a fault.Error
	// reaches the commands that wait as it is; any other gives them UNAVAILABLE.
	Own(ctx context.Context, id store.ID) (store.Fence, error)
	// Lost says that the store has refused a write under the fence, because the right
	// has changed hands. The next Own asks anew.
	Lost(fence store.Fence)
	// Holds reports whether what was read or written under the fence may still be
	// answered for: nobody else can have written since.
	Holds(fence store.Fence) bool
}

// alone is the Owner of a proxy that has its store to itself: the right to write
// never changes hands (CORE-EPOCH-001).
type alone struct{}

var _ Owner = alone{}

func (alone) Own(context.Context, store.ID) (store.Fence, error) { return store.Fence{Epoch: 1}, nil }
func (alone) Lost(store.Fence)                                   {}
func (alone) Holds(store.Fence) bool                             { return true }
