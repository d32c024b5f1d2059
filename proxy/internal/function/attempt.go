package function

import (
	"context"
	"errors"
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// attempt makes one connection, asks on it what the function serves, and takes the
// answer if there is one.
func (c *Client) attempt(ctx context.Context, asking *inquiry) {
	if first := c.pool.first(); first != nil {
		c.extend(ctx, asking, first)
		return
	}
	conn, err := dial(ctx, &c.config, asking.dialect(), c.noticed)
	if err != nil {
		asking.unconnected()
		c.failed(ctx, asking, fmt.Errorf("connecting to %s: %s", c.config.Target, explain(err)))
		return
	}
	answer, err := c.discover(ctx, conn)
	var mistakes []descriptor.Mistake
	if wrong, ok := errors.AsType[unread](err); ok {
		mistakes = []descriptor.Mistake{descriptor.Unread(wrong)}
	} else if err != nil {
		conn.close()
		asking.unanswered()
		c.failed(ctx, asking, fmt.Errorf("asking %s what it serves: %s", c.config.Target, explain(err)))
		return
	}
	if c.pool.goes(answer.GetServiceInfo().GetIncarnationId()) {
		conn.close()
		asking.unusable()
		c.failed(ctx, asking, fmt.Errorf("the process that answers at %s is the one that drains", c.config.Target))
		return
	}
	asking.answered()
	c.answered(ctx, conn, answer, mistakes)
}

// extend makes a connection for which the answer on the first one holds (DIA-CONN-001).
func (c *Client) extend(ctx context.Context, asking *inquiry, first *connection) {
	conn, err := dial(ctx, &c.config, first.dialect, c.noticed)
	if err != nil {
		asking.unconnected()
		c.config.Log.Warn("no further connection to the user function", "error", err)
		return
	}
	asking.answered()
	conn.first, conn.terms, conn.incarnation, conn.health = first, first.terms, first.incarnation, serving
	if !c.pool.extend(conn) {
		conn.close()
		return
	}
	c.owned.Go(func() { c.keep(ctx, conn) })
	c.changed()
}

// discover asks the function what it serves. Its error is an unread where an answer
// has come that the proxy cannot take, and otherwise says why none has.
func (c *Client) discover(ctx context.Context, conn *connection) (*discoveryv1.DiscoverResponse, error) {
	answer := new(discoveryv1.DiscoverResponse)
	in := &received{message: answer}
	err := conn.call(ctx, conn.dialect.Discover, c.request(conn.dialect), in, c.config.DiscoverTimeout)
	switch {
	case err != nil:
		return nil, err
	case in.err != nil:
		return nil, unread{in.err}
	}
	conn.dialect.Lacks.Strip(answer)
	return answer, nil
}

// unread is what is wrong with an answer that is too large or cannot be read
// (DISC-CALL-010).
type unread struct{ error }

// request is what the proxy says of itself, the same in every call in the dialect.
func (c *Client) request(dialect wire.Dialect) *discoveryv1.DiscoverRequest {
	request := &discoveryv1.DiscoverRequest{
		ProtocolMajorVersion:       dialect.Major,
		ProtocolMinorVersion:       dialect.Minor,
		OldestProtocolMinorVersion: dialect.OldestMinor,
		ProxyName:                  c.config.Name,
		ProxyVersion:               c.config.Version,
		SupportedEntityTypes:       dialect.Types(),
		Capabilities:               c.config.Capabilities,
		Limits:                     c.config.Limits,
		DevMode:                    c.config.Dev,
		InstanceId:                 c.config.Instance,
	}
	dialect.Lacks.Strip(request)
	return request
}

// noticed notes that a function allows more or fewer streams, or takes no further one.
func (c *Client) noticed() {
	c.pool.change(func() {})
	c.poke()
}
