package router

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// Config is what a router stands on, and its limits. A limit of 0 becomes its
// default.
type Config struct {
	// Services finds the methods.
	Services Services
	// Runtime runs the entities.
	Runtime Runtime
	// Reporter tells the function of forwards and side effects that lead nowhere.
	Reporter runtime.Reporter
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
	// Target says how the entities of the method's service are run.
	Target runtime.Target
	// Key finds the entity's key in the bytes of a request. Its error is a
	// fault.Invalid when there is none.
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
	// Drain finishes what is under way; once ctx has ended, it gives that up.
	Drain(ctx context.Context) error
}

var _ Runtime = (*runtime.Runtime)(nil)
