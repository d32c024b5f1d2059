package function

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// on has a stream opened on a connection that takes it. Where the connection goes
// before the stream is open, the next one is tried. It waits while none has room.
func (c *Client) on(ctx context.Context, open func(*connection) error) error {
	deadline := time.NewTimer(c.config.StreamTimeout)
	defer deadline.Stop()
	for {
		conn, err := c.claim(ctx, deadline.C)
		if err != nil {
			return err
		}
		err = open(conn)
		if err == nil {
			return nil
		}
		c.pool.release(conn)
		if ctx.Err() != nil || c.pool.stands(conn) {
			return err
		}
	}
}

// claim counts a stream in on a connection that takes it, and waits for one.
func (c *Client) claim(ctx context.Context, deadline <-chan time.Time) (*connection, error) {
	for waited := false; ; waited = true {
		conn, look, err := c.pool.claim()
		if conn != nil || err != nil {
			if waited {
				c.changed() // one less waits
			}
			return conn, err
		}
		c.changed() // a further connection may be wanted, or room
		select {
		case <-look:
			continue
		case <-ctx.Done():
			err = fault.FromContext(ctx)
		case <-deadline:
			err = fault.New(fault.Unavailable, "the user function has taken no further stream for %v: it may serve only so many at once", c.config.StreamTimeout)
		}
		c.pool.leave(look)
		c.changed()
		return nil, err
	}
}

// newStream opens a gRPC stream on the connection, on which it is counted in already.
// Without streams from the proxy, the first message half-closes it. One that is observed
// is the stream of an entity, or the call of an action.
func (c *Client) newStream(ctx context.Context, conn *connection, path string, streams, observed bool) (grpc.ClientStream, error) {
	stream, err := conn.grpc.NewStream(ctx, &grpc.StreamDesc{ClientStreams: streams, ServerStreams: true}, path)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fault.FromContext(ctx)
		}
		return nil, fault.New(fault.Unavailable, "opening a stream to the user function: %w", err)
	}
	if observed {
		c.config.Observer.Streams(+1)
	}
	context.AfterFunc(stream.Context(), func() { // gRPC ends it with the stream
		c.pool.release(conn)
		if observed {
			c.config.Observer.Streams(-1)
		}
	})
	return stream, nil
}
