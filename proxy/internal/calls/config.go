package calls

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Item is the one message that a caller gets of a response.
type Item = *entityv1.Reply

// Config is what Calls stand on, and their limits. A limit of 0 becomes its default.
type Config struct {
	// Functions makes the calls of the function.
	Functions Functions
	// Reporter tells the function of its mistakes.
	Reporter Reporter
	// Metrics is told what happens; nil when nobody counts.
	Metrics Metrics
	// Log is for the operator.
	Log *slog.Logger

	// Open is how many calls may be open at once, those included of which a side
	// effect is still under way. Default 10,000; at least 1,000 (ACT-LIMIT-001).
	Open int
	// OpenTimeout is how long a call may wait for a stream to the function. Default
	// 60 s (DISC-INC-010).
	OpenTimeout time.Duration
	// CallTimeout is how long the function may take to end a call with one response,
	// from its half-close. Default 60 s (ACT-TIME-002).
	CallTimeout time.Duration
}

// leastOpen is how many open calls every proxy allows (ACT-LIMIT-001).
const leastOpen = 1000

// validate returns what is wrong with the config; nil when nothing is.
func (c Config) validate() error {
	switch {
	case c.Functions == nil:
		return errors.New("calls: Config.Functions is missing")
	case c.Reporter == nil:
		return errors.New("calls: Config.Reporter is missing")
	case c.Log == nil:
		return errors.New("calls: Config.Log is missing")
	case min(c.OpenTimeout, c.CallTimeout) < 0:
		return errors.New("calls: a limit is negative")
	case c.Open != 0 && c.Open < leastOpen:
		return errors.New("calls: Config.Open is below what a proxy has to allow")
	default:
		return nil
	}
}

// withDefaults returns the config with each limit of 0 replaced.
func (c Config) withDefaults() Config {
	if c.Metrics == nil {
		c.Metrics = unmeasured{}
	}
	if c.Open == 0 {
		c.Open = 10_000
	}
	if c.OpenTimeout == 0 {
		c.OpenTimeout = 60 * time.Second
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = 60 * time.Second
	}
	return c
}

// Functions makes calls of the user function. It may be called from any goroutine.
type Functions interface {
	// Call makes one call of the actions' service in the shape. It waits while no
	// connection has a stream to spare. The call lives no longer than ctx, whose
	// deadline it carries (ACT-TIME-001), and whose end resets it. An error that is a
	// fault.Error reaches the caller as it is, any other as UNAVAILABLE.
	Call(ctx context.Context, shape wire.Shape) (Stream, error)
}

// Stream is one call of the function. Recv is called from one goroutine, the others
// from another. Neither side writes to a message that it has got.
type Stream interface {
	// Send sends a command; it waits while the function does not read. In a shape
	// whose caller does not stream it half-closes as well. After an error the call is
	// over, and Recv returns the reason.
	Send(command *actionv1.ActionCommand) error
	// CloseSend half-closes a call whose caller streams. An error is as that of Send.
	CloseSend() error
	// Recv waits for the next response, in whatever shape, also for more than the
	// method should give. It returns io.EOF when the function has ended the call with
	// status OK, a fault.Error of the kind Internal when what it sent cannot be read
	// and of the kind Exhausted when it is too large, and otherwise what has the
	// status, or a fault.Error of the kind Unavailable where the call was lost.
	Recv() (*actionv1.ActionResponse, error)
	// Terms are those of its connection.
	Terms() entity.Terms
}

// Reporter tells the user function of its mistakes.
type Reporter interface {
	// Report hands over one mistake. The id is that of an action: a service alone. It
	// does not wait for the function, and may be called from any goroutine.
	Report(ctx context.Context, id entity.ID, report entity.Report)
}

// Metrics is told what happens. Its methods may be called from any goroutine, and
// return at once.
type Metrics interface {
	// Opened says that so many more, or fewer, calls are open.
	Opened(change int)
	// Ended says that a caller's call is over, with what code, and how long after it
	// came.
	Ended(code codes.Code, took time.Duration)
}

// unmeasured is the Metrics of Calls that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Opened(int)                      {}
func (unmeasured) Ended(codes.Code, time.Duration) {}
