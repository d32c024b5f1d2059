package function

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Client is the one client of the user function. Its methods may be called
// from any goroutine.
type Client struct {
	config  Config
	reports chan *discoveryv1.ReportErrorRequest
	pool    pool
	// nudge holds a token when the pool has changed since Run looked at it.
	nudge chan struct{}
	// owned counts the goroutines of the client, which end with Run.
	owned sync.WaitGroup

	// telling is held while the owner is called; it guards what follows.
	telling sync.Mutex
	told    []string // the reasons that the owner was told last; nil before
	crowd   int      // how many, by what it was told last, wait

	// last is the incarnation id of the last answer; only Run reads and writes it.
	last *string

	drainMu sync.Mutex
	grace   *time.Duration // of the proxy that drains; nil while it does not
	watches map[*watch]struct{}
}

// New returns a client that is not connected; [Client.Run] connects it.
func New(config Config) (*Client, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Client{
		config:  config,
		reports: make(chan *discoveryv1.ReportErrorRequest, reportQueue),
		pool:    pool{trouble: "connecting to " + config.Target},
		nudge:   make(chan struct{}, 1),
		watches: map[*watch]struct{}{},
	}, nil
}

// Run keeps the function connected until ctx ends: it connects, discovers, and
// does so again when the connection is lost or has no room. When it returns, every
// connection is closed and every goroutine of the client has ended. Call it once.
func (c *Client) Run(ctx context.Context) {
	defer c.owned.Wait()
	c.owned.Go(func() { c.sendReports(ctx) })
	asking := inquiry{dialects: c.config.Dialects}
	for asked := false; ctx.Err() == nil; {
		wanted, alone := c.pool.wants()
		switch {
		case !wanted:
			c.rest(ctx)
			continue
		case asked && (alone || asking.failures > 0):
			wait(ctx, asking.pause(c.config.Random()))
		}
		c.attempt(ctx, &asking)
		asked = true
	}
}

// rest waits until the pool has changed, or for the end of ctx.
func (c *Client) rest(ctx context.Context) {
	select {
	case <-c.nudge:
	case <-ctx.Done():
	}
}

// Reasons returns why the function does not serve now, for people; none when
// it serves. The caller owns the slice.
func (c *Client) Reasons() []string { return c.pool.reasons() }

// Err returns nil while the function serves, and otherwise an error of the
// kind fault.Unavailable that says why it does not.
func (c *Client) Err() error {
	if reasons := c.pool.reasons(); len(reasons) > 0 {
		return unavailable(reasons)
	}
	return nil
}

// changed tells Run and the owner that the pool has changed.
func (c *Client) changed() {
	c.poke()
	c.telling.Lock()
	defer c.telling.Unlock()
	if crowd := c.pool.crowd(); crowd > 0 || crowd != c.crowd {
		c.crowd = crowd
		c.config.Owner.Crowded(crowd)
	}
	reasons := c.pool.reasons()
	if c.told != nil && slices.Equal(reasons, c.told) {
		return
	}
	c.told = append([]string{}, reasons...)
	c.config.Owner.Changed(reasons)
}

// poke makes Run look at the pool.
func (c *Client) poke() {
	select {
	case c.nudge <- struct{}{}:
	default: // the token is there already
	}
}

// join makes one text of several reasons.
func join(reasons []string) string { return strings.Join(reasons, "; ") }
