package function

import "time"

// Drain tells the function that the proxy drains, and how long it gives to what is
// under way (LIFE-STOP-007). Streams and calls can still be opened. Call it before an
// entity is passivated because of the drain.
func (c *Client) Drain(grace time.Duration) {
	c.drainMu.Lock()
	c.grace = &grace
	watches := make([]*watch, 0, len(c.watches))
	for w := range c.watches {
		watches = append(watches, w)
	}
	c.drainMu.Unlock()
	for _, w := range watches {
		w.drain(grace)
	}
}

// drains reports whether the proxy drains, and its grace.
func (c *Client) drains() (time.Duration, bool) {
	c.drainMu.Lock()
	defer c.drainMu.Unlock()
	if c.grace == nil {
		return 0, false
	}
	return *c.grace, true
}

// joinDrain lets the watch hear of a drain.
func (c *Client) joinDrain(w *watch) {
	c.drainMu.Lock()
	defer c.drainMu.Unlock()
	c.watches[w] = struct{}{}
}

// leaveDrain takes the watch out again.
func (c *Client) leaveDrain(w *watch) {
	c.drainMu.Lock()
	defer c.drainMu.Unlock()
	delete(c.watches, w)
}
