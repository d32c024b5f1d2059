// Package calls makes the calls of actions: for each call of a caller one of the
// function, in the same shape, run by one machine of entity/action.
//
// The caller's goroutine runs the machine. Beside it stand at most four others: one
// that hears the function, one that hears a caller that streams, one that sends what
// the caller streams, and one that settles a response or gives an item. Each waits
// where its own side does, so that a side that is slow holds up nobody but itself. A
// unary call needs none of them, but for what follows from its response.
package calls

import (
	"context"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Calls makes the calls of one user function. Its methods may be called from any
// goroutine.
type Calls struct {
	config Config
	// ctx ends when what is under way is given up.
	ctx   context.Context
	abort context.CancelFunc
	// slots holds a token for each call that is open.
	slots chan struct{}
	// running counts every goroutine of every call.
	running sync.WaitGroup

	mu      sync.Mutex
	drained bool
}

// New returns Calls without a call, or says what is wrong with the config. Drain or
// Close ends it.
func New(config Config) (*Calls, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	ctx, abort := context.WithCancel(context.Background())
	return &Calls{config: config, ctx: ctx, abort: abort, slots: make(chan struct{}, config.Open)}, nil
}

// Call is one call of a caller.
type Call struct {
	action.Call

	// Caller is who calls.
	Caller Caller
	// Settle starts the side effects of one response, waits for each synchronous one,
	// and returns what the target of its forward answers; nil when it has none. It
	// may be called from any goroutine, once at a time. Its error is that of the
	// forward. What it does about the end of ctx says FX-FWD-008; side effects go on.
	Settle func(ctx context.Context, settle action.Settle) (Item, error)
	// Patience is how long the call may wait for a stream to the function; 0 when
	// Config.OpenTimeout counts.
	Patience time.Duration
	// Over is called once when nothing of the call is under way any more, whatever
	// became of it; that may be after Run has returned.
	Over func()
}

// Caller is who calls. Both methods are called from one goroutine each, and return at
// the end of the caller's call at the latest.
type Caller interface {
	// Receive waits for the next request of a caller that streams them, and returns
	// io.EOF at its half-close. Nobody writes to the bytes. The call ends with any
	// other error. Of a caller that has sent its one request it is not called.
	Receive() ([]byte, error)
	// Send gives the caller one item, and waits while the caller does not read. The
	// metadata of the first makes the response headers (ACT-META-001).
	Send(item Item) error
}

// Run makes the call, and returns when the caller's is over: nil for status OK, and
// otherwise what has a gRPC status. That is at the end of ctx at the latest. What it
// has begun to settle by then goes on.
func (c *Calls) Run(ctx context.Context, call Call) error {
	begin := time.Now()
	err := c.run(ctx, call)
	c.config.Metrics.Ended(fault.CodeOf(err), time.Since(begin))
	return err
}

func (c *Calls) run(ctx context.Context, call Call) error {
	if ctx.Err() != nil { // ACT-CALL-005
		call.Over()
		return fault.FromContext(ctx)
	}
	if err := c.enter(); err != nil {
		call.Over()
		return err
	}
	o := &open{calls: c, call: call, ctx: ctx}
	o.holders.Store(1)
	defer c.running.Done()
	defer o.leave()
	c.config.Metrics.Opened(+1)
	defer c.config.Metrics.Opened(-1)
	o.function, o.cancel = context.WithCancel(ctx)
	defer o.cancel()
	defer context.AfterFunc(c.ctx, o.cancel)()
	if err := o.open(); err != nil {
		return err
	}
	return o.run()
}

// enter takes a slot, or says why there is none (ACT-LIMIT-001).
func (c *Calls) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drained {
		return fault.New(fault.Unavailable, "the proxy is stopping")
	}
	select {
	case c.slots <- struct{}{}:
		c.running.Add(1)
		return nil
	default:
		return fault.New(fault.Exhausted, "%d calls of actions are open already: try again later", cap(c.slots))
	}
}

// Drain takes no further call and returns when those under way have ended. When ctx
// ends first it gives up what is left, whose callers get UNAVAILABLE, and returns the
// reason of ctx.
func (c *Calls) Drain(ctx context.Context) error {
	c.refuse()
	defer c.abort()
	quiet := make(chan struct{})
	go func() { // Ends with the calls; joined below.
		c.running.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		c.abort()
		<-quiet
		return context.Cause(ctx)
	}
}

// Close gives up whatever is under way and returns when all is quiet.
func (c *Calls) Close() {
	c.refuse()
	c.abort()
	c.running.Wait()
}

// refuse makes Run refuse.
func (c *Calls) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drained = true
}
