package simulation

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// caller is one call of one caller.
type caller struct {
	number       int
	order        order
	method       string
	aside        bool // it is a rival's, which goes another way
	last         bool // of the calls that tell how it all has ended
	submitted    int  // the step
	answered     int
	asked, heard time.Time // when
	process      int
	cancel       context.CancelFunc
	reply        string
	err          error
	// items are what a caller that watches was given, and seen how many of them the
	// driver knows; guarded by the driver's mu.
	items []string
	seen  int
}

// collect takes the new answers, by the numbers of their calls.
func (d *driver) collect() []*caller {
	d.mu.Lock()
	defer d.mu.Unlock()
	answers := d.answers
	d.answers = nil
	slices.SortFunc(answers, func(a, b *caller) int { return cmp.Compare(a.number, b.number) })
	for _, c := range answers {
		c.answered, c.heard = d.step, time.Now()
		d.callers = slices.DeleteFunc(d.callers, func(other *caller) bool { return other == c })
	}
	return answers
}

// call lets a caller call.
func (d *driver) call() {
	o, method := d.order(), "Add"
	switch {
	case len(d.keyed) > 0 && d.roll(8) == 0:
		o = d.keyed[d.roll(len(d.keyed))]
	case o.Service == replicated && d.roll(6) == 0:
		o, method = o.looking(), "Watch"
	case o.Service != acting && d.roll(5) == 0:
		o, method = o.looking(), "Get"
	case o.Once != "":
		d.keyed = append(d.keyed, o)
	}
	patience := time.Duration(0)
	if d.roll(4) == 0 {
		patience = d.span()
	}
	d.submit(o, method, patience)
}

// submit makes a call; with no patience the caller waits for ever.
func (d *driver) submit(o order, method string, patience time.Duration) {
	c := &caller{number: d.given, order: o, method: method, last: method == "Get" && d.calm, submitted: d.step, asked: time.Now(), process: d.process}
	ctx := context.Background()
	if patience > 0 {
		ctx, c.cancel = context.WithTimeout(ctx, patience)
	} else {
		ctx, c.cancel = context.WithCancel(ctx)
	}
	d.given++
	d.callers = append(d.callers, c)
	d.ledger.know(c, time.Now())
	p := d.proxy
	go func() { // Ends with the call; kill ends it at the latest.
		defer c.cancel()
		if method == "Watch" {
			c.err = p.router.Stream(ctx, o.Service, method, o.metadata(c.number), &watcher{driver: d, caller: c})
		} else {
			var reply *entityv1.Reply
			reply, c.err = p.router.Call(ctx, o.Service, method, o.encode(), o.metadata(c.number))
			c.reply = string(reply.GetPayload().GetValue())
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.answers = append(d.answers, c)
	}()
	d.settlef("call %d: %s %s, %v", c.number, method, o.encode(), patience)
}

// watcher is the caller of a streamed command.
type watcher struct {
	driver *driver
	caller *caller
	asked  bool
}

// Receive gives the one request.
func (w *watcher) Receive() ([]byte, error) {
	if w.asked {
		return nil, io.EOF
	}
	w.asked = true
	return w.caller.order.encode(), nil
}

// Send keeps what the caller is given.
func (w *watcher) Send(reply *entityv1.Reply) error {
	w.driver.mu.Lock()
	defer w.driver.mu.Unlock()
	w.caller.items = append(w.caller.items, string(reply.GetPayload().GetValue()))
	return nil
}

// watched tells what callers that watch were given since it was called last.
func (d *driver) watched() (lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.callers {
		for ; c.seen < len(c.items); c.seen++ {
			lines = append(lines, fmt.Sprintf("item %d of call %d: %q", c.seen, c.number, c.items[c.seen]))
		}
	}
	return lines
}

// leave lets a caller give up.
func (d *driver) leave() {
	if len(d.callers) == 0 {
		return
	}
	c := d.callers[d.roll(len(d.callers))]
	c.cancel()
	d.settlef("caller %d leaves", c.number)
}

// carriedOut are the orders that a caller knows to be carried out: its own, and those to
// which it was forwarded.
func (c *caller) carriedOut() []order {
	if c.err != nil || c.method != "Add" {
		return nil
	}
	all := []order{c.order}
	for to := c.order.forwarded(); to != nil; to = to.forwarded() {
		all = append(all, *to)
	}
	return all
}
