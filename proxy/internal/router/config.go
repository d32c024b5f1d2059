package router

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/trace"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Config is what a router stands on, and its limits. A limit of 0 becomes its
// default.
type Config struct {
	// Services finds the methods.
	Services Services
	// Runtime runs the entities.
	Runtime Runtime
	// Calls makes the calls of actions; nil where no function has any.
	Calls Calls
	// Durable tries side effects that are stored; nil where none are.
	Durable Durable
	// Reporter tells the function of forwards and side effects that lead nowhere.
	Reporter runtime.Reporter
	// Tracer begins the span of each command; nil when nobody traces.
	Tracer *trace.Tracer
	// Metrics is told what follows from commands; nil when nobody counts.
	Metrics Metrics
	// Failures writes down what failed; nil when nobody does.
	Failures Failures
	// Log is for the operator.
	Log *slog.Logger

	// Depth is how many forwards and side effects may follow one from another.
	// Default 8.
	Depth int
	// MaxMetadata is the largest metadata of a request, in bytes of keys and values.
	// Default 8 KiB.
	MaxMetadata int
	// EffectTimeout is how long one side effect may wait for its entity, and how
	// long a synchronous one is waited for. Default 60 s.
	EffectTimeout time.Duration
	// Background is how many goroutines may bring commands to their end for
	// which nobody waits. Default 1024.
	Background int
}

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Services == nil:
		return errors.New("router: Config.Services is missing")
	case c.Runtime == nil:
		return errors.New("router: Config.Runtime is missing")
	case c.Reporter == nil:
		return errors.New("router: Config.Reporter is missing")
	case c.Log == nil:
		return errors.New("router: Config.Log is missing")
	case c.Depth < 0 || c.MaxMetadata < 0 || c.EffectTimeout < 0 || c.Background < 0:
		return errors.New("router: a limit is negative")
	default:
		return nil
	}
}

// withDefaults returns the config with each limit of 0 replaced.
func (c Config) withDefaults() Config {
	if c.Metrics == nil {
		c.Metrics = unmeasured{}
	}
	if c.Failures == nil {
		c.Failures = unwritten{}
	}
	if c.Depth == 0 {
		c.Depth = 8
	}
	if c.MaxMetadata == 0 {
		c.MaxMetadata = 8 << 10
	}
	if c.EffectTimeout == 0 {
		c.EffectTimeout = 60 * time.Second
	}
	if c.Background == 0 {
		c.Background = 1024
	}
	return c
}

// Services finds methods. It may be called from any goroutine.
type Services interface {
	// Method returns the method with the short name of the service with the full
	// name. The error is a fault.Error: Unknown when there is no such method,
	// Unavailable while the function does not serve.
	Method(service, name string) (Method, error)
}

// Method is what a router needs to know of one method.
type Method struct {
	// Kind is what the method's service is, and Shape which sides of the method
	// stream.
	Kind  wire.Kind
	Shape wire.Shape
	// Input is the type URL of the request: "type.googleapis.com/" and the full
	// name of the message.
	Input string
	// Response is the full name of the message with which the method answers.
	Response string
	// ReadOnly says that no command of the method changes its entity's state.
	ReadOnly bool
	// MaxRequest is the largest request, in bytes of payload and metadata: with the
	// names around them, the function has to take it in one message.
	MaxRequest int
	// Target says how the entities of the method's service are run; of no action.
	Target runtime.Target
	// Key finds the entity's key in the bytes of a request. Its error is a
	// fault.Invalid when there is none. Not called of an action.
	Key func(request []byte) (string, error)
}

// command returns a command of the method, which has the short name.
func (m Method) command(name string, request []byte, metadata *entityv1.Metadata) entity.Command {
	return entity.Command{
		Name:     name,
		Payload:  &anypb.Any{TypeUrl: m.Input, Value: request}, // CORE-CMD-004
		Metadata: metadata,
		Response: m.Response,
		ReadOnly: m.ReadOnly,
	}
}

// Runtime runs entities; runtime.Runtime is one.
type Runtime interface {
	// Submit hands a command to its entity; the channel gets exactly one outcome.
	Submit(
		ctx context.Context, target runtime.Target, id entity.ID, command entity.Command,
	) (<-chan entity.Outcome, error)
	// SubmitStreamed is Submit for a method that streams its responses: the channel
	// gets each of them, and is closed after the last.
	SubmitStreamed(
		ctx context.Context, target runtime.Target, id entity.ID, command entity.Command,
	) (<-chan entity.Outcome, error)
	// Drain finishes what is under way; once ctx has ended, it gives that up.
	Drain(ctx context.Context) error
}

var _ Runtime = (*runtime.Runtime)(nil)

// Calls makes calls of actions; calls.Calls are some.
type Calls interface {
	// Run makes a call, and returns when its caller's is over.
	Run(ctx context.Context, call calls.Call) error
	// Drain finishes what is under way; once ctx has ended, it gives that up.
	Drain(ctx context.Context) error
}

var _ Calls = (*calls.Calls)(nil)

// Durable tries side effects that are stored; a durable.Keeper is one.
type Durable interface {
	// Began says that the first attempt at a stored effect has begun. The channel
	// that it returns is closed when that has ended or the effect is parked.
	Began(id, persistence string, body durable.Body, command int64, result <-chan durable.Result) <-chan struct{}
	// Stop begins no further attempt at an effect that pauses.
	Stop()
	// Drain finishes what is under way; once ctx has ended, it gives that up.
	Drain(ctx context.Context) error
}

var _ Durable = (*durable.Keeper)(nil)
