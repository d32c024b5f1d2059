package runtime

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Config is what a runtime stands on, and its limits. A limit of 0 becomes its
// default.
type Config struct {
	// Functions opens the streams.
	Functions Functions
	// Journal keeps the events.
	Journal store.Journal
	// Machines makes a machine for one activation; the key is Target.Kind.
	Machines map[string]func(entity.ID) entity.Machine
	// Reporter tells the function of its mistakes.
	Reporter Reporter
	// Metrics is told what happens; nil when nobody counts.
	Metrics Metrics
	// Log is for the operator.
	Log *slog.Logger

	// Mailbox is how many commands may wait for one entity. Default 256.
	Mailbox int
	// CommandTimeout is how long the function may take to answer one command.
	// Default 60 s.
	CommandTimeout time.Duration
	// ActivationTimeout is how long the opening of a stream and the replay on it
	// may take. Default 60 s.
	ActivationTimeout time.Duration
	// StoreTimeout is how long one append may take. Default 10 s.
	StoreTimeout time.Duration
	// IdleTimeout is how long an entity stays without a command where its
	// target does not say. Default 30 s.
	IdleTimeout time.Duration
	// Grace is how long the function may take to end a half-closed stream
	// before it is reset. Default 5 s.
	Grace time.Duration
}

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Functions == nil:
		return errors.New("runtime: Config.Functions is missing")
	case c.Journal == nil:
		return errors.New("runtime: Config.Journal is missing")
	case len(c.Machines) == 0:
		return errors.New("runtime: Config.Machines is empty")
	case c.Reporter == nil:
		return errors.New("runtime: Config.Reporter is missing")
	case c.Log == nil:
		return errors.New("runtime: Config.Log is missing")
	case min(c.CommandTimeout, c.ActivationTimeout, c.StoreTimeout, c.IdleTimeout, c.Grace) < 0 || c.Mailbox < 0:
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
	if c.Mailbox == 0 {
		c.Mailbox = 256
	}
	for limit, standard := range map[*time.Duration]time.Duration{
		&c.CommandTimeout:    60 * time.Second,
		&c.ActivationTimeout: 60 * time.Second,
		&c.StoreTimeout:      10 * time.Second,
		&c.IdleTimeout:       30 * time.Second,
		&c.Grace:             5 * time.Second,
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
	// Passivation is how long an entity stays without a command; 0 when the
	// runtime decides.
	Passivation time.Duration
}

// Functions opens streams to the user function. It may be called from any
// goroutine.
type Functions interface {
	// Open opens the stream of one activation for an entity of the kind. The
	// stream lives no longer than ctx. Open returns an error when no stream can
	// be had now: the commands that wait for it get a fault.Error as it is, and
	// UNAVAILABLE for any other.
	Open(ctx context.Context, kind string) (Stream, error)
}

// Stream is one activation's stream. Recv is called from one goroutine, the
// other methods from another. Both sides may keep a message that they have got,
// and neither writes to it.
type Stream interface {
	// Send sends one message; it waits while the function does not read. After
	// an error the stream is over, and Recv returns the reason.
	Send(message proto.Message) error
	// Recv waits for the function's next message. It returns io.EOF when the
	// function has ended the stream with status OK, a fault.Error of the kind
	// Internal when what the function sent cannot be read, and any other error
	// when the stream ended otherwise.
	Recv() (proto.Message, error)
	// CloseSend half-closes the stream. An error means that it is over, and
	// Recv returns the reason.
	CloseSend() error
	// Retired returns a channel that is closed when the stream's connection
	// takes no further stream. What is discovered next is for other streams.
	Retired() <-chan struct{}
}

// Reporter tells the function of its mistakes.
type Reporter interface {
	// Report hands over one mistake that concerns the entity. It does not wait
	// for the function, and may be called from any goroutine. The caller has
	// logged the mistake already.
	Report(ctx context.Context, id entity.ID, report entity.Report)
}

// Metrics is told what happens in the runtime. Its methods may be called from
// any goroutine, with locks held: they return at once and call nothing of the
// runtime.
type Metrics interface {
	// Activated says that an entity was recovered: how long the opening and the
	// replay took, and how many events were replayed after the snapshot.
	Activated(kind string, took time.Duration, events int)
	// Closed says that an activation has ended, whether it was recovered or
	// not; reason is that of entity.Close, "open" or "load" when it failed before
	// its machine had a say, or "retired" when its connection was.
	Closed(kind, reason string)
	// Waiting says that so many more, or fewer, commands wait in mailboxes.
	Waiting(kind string, change int)
	// Commanded says that a command was answered, with what code, and how long
	// after it was submitted.
	Commanded(kind string, code codes.Code, took time.Duration)
	// Persisted says that an append of so many events has ended.
	Persisted(kind string, took time.Duration, events int, err error)
}

// unmeasured is the Metrics of a runtime that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Activated(string, time.Duration, int)        {}
func (unmeasured) Closed(string, string)                       {}
func (unmeasured) Waiting(string, int)                         {}
func (unmeasured) Commanded(string, codes.Code, time.Duration) {}
func (unmeasured) Persisted(string, time.Duration, int, error) {}
