package function

import (
	"context"
	"fmt"
	"log/slog"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// standardMessage is the largest message in bytes that every function takes.
const standardMessage = 4 << 20

// answered takes an answer on a new connection, and serves the function on it where
// no mistake refuses it. A refused connection is kept, and not asked again
// (DISC-REFUSE-003). An answer that could not be read is nil, and has its mistake.
func (c *Client) answered(ctx context.Context, conn *connection, answer *discoveryv1.DiscoverResponse, mistakes []descriptor.Mistake) {
	info := answer.GetServiceInfo()
	conn.terms = c.terms(conn.dialect, info)
	conn.incarnation = info.GetIncarnationId()
	another := c.another(conn.incarnation)
	if answer != nil {
		mistakes = c.judge(conn.dialect, answer)
	}
	log := c.config.Log.With("function", c.config.Target, "dialect", conn.dialect.Name, "service", info.GetServiceName(),
		"runtime", info.GetServiceRuntime(), "incarnation", conn.incarnation)
	reasons := named(ctx, log, mistakes)
	if len(reasons) > 0 {
		c.config.Observer.Discovered("refused")
		log.Error("the user function's answer to Discover is refused")
		closeAll(c.pool.refuse(conn, reasons, another))
	} else {
		c.config.Observer.Discovered("accepted")
		log.Info("the user function serves")
		conn.watched = conn.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_LIFECYCLE)
		if !conn.watched {
			conn.health = serving
		}
		closeAll(c.pool.accept(conn, another))
	}
	c.owned.Go(func() { c.keep(ctx, conn) })
	c.changed()
	for _, m := range mistakes {
		switch {
		case m.Untold:
		case len(reasons) == 0:
			c.Report(m.Report())
		default:
			c.tell(ctx, conn, m.Report()) // the queue is for a function that serves
		}
	}
}

// judge lets the owner look at the answer.
func (c *Client) judge(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) []descriptor.Mistake {
	c.telling.Lock()
	defer c.telling.Unlock()
	return c.config.Owner.Discovered(dialect, answer)
}

// named logs the mistakes, and returns those that refuse the answer.
func named(ctx context.Context, log *slog.Logger, mistakes []descriptor.Mistake) (reasons []string) {
	for _, m := range mistakes {
		level := slog.LevelWarn
		if descriptor.Refuses([]descriptor.Mistake{m}) {
			level = slog.LevelError
			reasons = append(reasons, m.String())
		}
		log.Log(ctx, level, "the user function's answer to Discover has a mistake", "requirement", m.Requirement, "mistake", m.Text, "places", m.Places)
	}
	return reasons
}

// terms are what holds on a connection after this answer. What belongs to one service
// is added by who opens a stream for it.
func (c *Client) terms(dialect wire.Dialect, info *discoveryv1.ServiceInfo) entity.Terms {
	terms := entity.Terms{
		MaxMessage:  int(min(int64(c.config.MaxMessage), max(info.GetMaxMessageBytes(), standardMessage))),
		MaxMetadata: int(c.config.Limits.GetMaxMetadataBytes()),
		Cloudstate:  dialect.Cloudstate,
	}
	if !dialect.Cloudstate {
		terms.Capabilities = entity.CapabilitiesOf(c.config.Capabilities...) & entity.CapabilitiesOf(info.GetCapabilities()...)
	}
	return terms
}

// another notes the incarnation id of an answer, and reports whether it is another
// process's than the last one before it (DISC-INC-001, DISC-INC-002).
func (c *Client) another(incarnation string) bool {
	same := c.last != nil && *c.last == incarnation && incarnation != ""
	c.last = &incarnation
	return !same
}

// closeAll closes connections that have left the pool.
func closeAll(connections []*connection) {
	for _, conn := range connections {
		conn.close()
	}
}

// failed notes an attempt that has brought nothing, unless it was ended on purpose.
func (c *Client) failed(ctx context.Context, asking *inquiry, err error) {
	if ctx.Err() != nil {
		return
	}
	level := slog.LevelDebug
	if asking.failures == 1 {
		level = slog.LevelWarn
	}
	c.config.Log.Log(ctx, level, "the user function does not answer; trying until it does", "attempt", asking.failures, "error", err)
	c.config.Observer.Discovered("failed")
	c.pool.change(func() { c.pool.trouble = fmt.Sprintf("%v (attempt %d)", err, asking.failures) })
	c.changed()
}
