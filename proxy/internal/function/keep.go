package function

import (
	"context"
	"time"
)

// farewell is how long the function may take to end Watch when the proxy has
// half-closed it (LIFE-STOP-009).
const farewell = time.Second

// keep keeps a connection that is in the pool until it is lost, takes no call and has
// none, or ctx ends; then it takes the connection out, and closes it.
func (c *Client) keep(ctx context.Context, conn *connection) {
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	defer unwatch()
	w := newWatch(c, conn)
	if conn.watched {
		c.owned.Go(func() { w.run(watching) })
	} else {
		close(w.ended)
	}
	why := "the connection to " + c.config.Target + " was lost"
	select {
	case <-conn.transport.lost:
	case <-conn.over:
		why = "the user function takes no more calls on its connection"
	case <-ctx.Done():
		why = "the proxy stops"
	}
	w.finish(farewell)
	unwatch()
	closeAll(c.pool.remove(conn))
	conn.close()
	c.pool.change(func() { c.pool.trouble = why })
	c.changed()
}
