package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Client is the one client of the user function. Its methods may be called
// from any goroutine.
type Client struct {
	config  Config
	request *discoveryv1.DiscoverRequest
	reports chan *discoveryv1.ReportErrorRequest

	mu      sync.RWMutex
	serving *connection // on which streams open; nil while the function does not serve
	reasons []string    // why not; empty while it serves
}

// New returns a client that is not connected; [Client.Run] connects it.
func New(config Config) (*Client, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Client{
		config: config,
		request: &discoveryv1.DiscoverRequest{
			ProtocolMajorVersion:       config.Dialect.Major,
			ProtocolMinorVersion:       config.Dialect.Minor,
			OldestProtocolMinorVersion: config.Dialect.OldestMinor,
			ProxyName:                  config.Name,
			ProxyVersion:               config.Version,
			SupportedEntityTypes:       config.Dialect.Types(),
			Limits:                     config.Limits,
			DevMode:                    config.Dev,
			InstanceId:                 config.Instance,
		},
		reports: make(chan *discoveryv1.ReportErrorRequest, reportQueue),
		reasons: []string{"connecting to " + config.Target},
	}, nil
}

// Run keeps the function connected until ctx ends: it connects, discovers, and
// does so again when the connection is lost. When it returns, every connection
// is closed and every goroutine of the client has ended. Call it once.
func (c *Client) Run(ctx context.Context) {
	var others sync.WaitGroup // the reporter, and the ends of old connections
	defer others.Wait()
	others.Go(func() { c.sendReports(ctx) })
	for failures := 0; ctx.Err() == nil; wait(ctx, pauseAfter(failures, c.config.Random())) {
		conn, err := c.connect(ctx)
		if err != nil {
			failures++
			c.failed(ctx, failures, err)
			continue
		}
		failures = 0
		conn.lost(ctx)
		conn.retire() // before the next answer, so that nothing of that is done on this connection
		c.change(nil, "the connection to "+c.config.Target+" was lost")
		others.Go(func() { conn.end(ctx, c.config.RetireTimeout) })
	}
}

// Reasons returns why the function does not serve now, for people; none when
// it serves. The caller owns the slice.
func (c *Client) Reasons() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.reasons)
}

// Err returns nil while the function serves, and otherwise an error of the
// kind fault.Unavailable that says why it does not.
func (c *Client) Err() error {
	_, err := c.connection()
	return err
}

// connection returns the connection on which streams open, or the error of Err.
func (c *Client) connection() (*connection, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.serving == nil {
		return nil, fault.New(fault.Unavailable, "the user function does not serve: %s", strings.Join(c.reasons, "; "))
	}
	return c.serving, nil
}

// connect returns a connection on which Discover has been answered, whether the
// answer was accepted or refused.
func (c *Client) connect(ctx context.Context) (*connection, error) {
	conn, err := connect(ctx, &c.config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %s", c.config.Target, explain(err))
	}
	answer, err := conn.discover(ctx, c.request, c.config.DiscoverTimeout)
	if wrong, ok := errors.AsType[unread](err); ok {
		c.judged(ctx, conn, nil, []descriptor.Mistake{descriptor.Unread(wrong)})
		return conn, nil
	}
	if err != nil {
		conn.close()
		return nil, fmt.Errorf("asking %s what it serves: %s", c.config.Target, explain(err))
	}
	c.judged(ctx, conn, answer.GetServiceInfo(), c.config.Owner.Discovered(answer))
	return conn, nil
}

// judged tells the function of each mistake in its answer, and serves it where none
// refuses it. A refused connection is kept, and not asked again (DISC-REFUSE-003).
// Info is nil where the answer could not be read.
func (c *Client) judged(ctx context.Context, conn *connection, info *discoveryv1.ServiceInfo, mistakes []descriptor.Mistake) {
	log := c.config.Log.With("function", c.config.Target, "service", info.GetServiceName(), "runtime", info.GetServiceRuntime(),
		"incarnation", info.GetIncarnationId())
	var reasons []string
	for _, m := range mistakes {
		level := slog.LevelWarn
		if descriptor.Refuses([]descriptor.Mistake{m}) {
			level = slog.LevelError
			reasons = append(reasons, m.String())
		}
		log.Log(ctx, level, "the user function's answer to Discover has a mistake", "requirement", m.Requirement, "mistake", m.Text, "places", m.Places)
	}
	if len(reasons) == 0 {
		c.config.Observer.Discovered("accepted")
		log.Info("the user function serves")
		c.change(conn)
	} else {
		c.config.Observer.Discovered("refused")
		log.Error("the user function's answer to Discover is refused")
		c.change(nil, reasons...)
	}
	for _, m := range mistakes {
		if len(reasons) == 0 {
			c.Report(m.Report())
		} else {
			c.tell(ctx, conn, m.Report()) // the queue serves a function that serves
		}
	}
}

// failed notes an attempt that brought no answer, unless it was ended on purpose.
func (c *Client) failed(ctx context.Context, attempt int, err error) {
	if ctx.Err() != nil {
		return
	}
	level := slog.LevelDebug
	if attempt == 1 {
		level = slog.LevelWarn
	}
	c.config.Log.Log(ctx, level, "the user function does not answer; trying until it does", "attempt", attempt, "error", err)
	c.config.Observer.Discovered("failed")
	c.change(nil, fmt.Sprintf("%v (attempt %d)", err, attempt))
}

// change sets whether the function serves, and tells the owner.
func (c *Client) change(serving *connection, reasons ...string) {
	c.mu.Lock()
	c.serving, c.reasons = serving, reasons
	c.mu.Unlock()
	c.config.Owner.Changed(slices.Clone(reasons))
}
