package cloudstate

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Relay stands between a proxy and a function. It passes every byte on as it comes,
// and reads along.
type Relay struct {
	// Target is where the proxy finds it.
	Target string

	function func(context.Context) (net.Conn, error) // opens a connection to it
	listener net.Listener
	ctx      context.Context // ends with the relay
	cancel   context.CancelFunc
	passing  sync.WaitGroup

	mu          sync.Mutex
	changed     chan struct{} // closed at the next change, and replaced
	order       int
	calls       []*Call
	connections []*Connection
	open        []net.Conn
	closed      bool
}

// NewRelay starts a relay to the function at the TCP address. It ends with the test,
// or when it is stopped.
func NewRelay(tb testing.TB, function string) *Relay {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return RelayOn(tb, listener, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", function)
	})
}

// RelayOn starts a relay on the listener to the function to which dial opens connections.
func RelayOn(tb testing.TB, listener net.Listener, dial func(context.Context) (net.Conn, error)) *Relay {
	tb.Helper()
	r := &Relay{
		Target: listener.Addr().String(), function: dial, listener: listener, changed: make(chan struct{}),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.passing.Go(r.accept)
	tb.Cleanup(r.Stop)
	return r
}

// Stop ends every connection, and returns when nothing passes any more.
func (r *Relay) Stop() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	_ = r.listener.Close()
	r.Cut()
	r.passing.Wait()
}

// Cut ends every connection that there is, on both sides.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.open {
		_ = conn.Close()
	}
	r.open = nil
}

// accept takes connections until the listener is closed.
func (r *Relay) accept() {
	for {
		proxy, err := r.listener.Accept()
		if err != nil {
			return
		}
		function, err := r.function(r.ctx)
		if err != nil {
			_ = proxy.Close()
			continue
		}
		if number := r.connected(proxy, function); number > 0 {
			r.passing.Go(func() { r.pass(number, proxy, function) })
		}
	}
}

// connected notes a connection and returns its number; 0 after the end.
func (r *Relay) connected(ends ...net.Conn) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		for _, conn := range ends {
			_ = conn.Close()
		}
		return 0
	}
	r.open = append(r.open, ends...)
	r.connections = append(r.connections, &Connection{Opened: time.Now()})
	return len(r.connections)
}

// pass passes on what either side sends, until one of them ends.
func (r *Relay) pass(number int, proxy, function net.Conn) {
	wire := &tap{relay: r, connection: number, calls: map[uint32]*tapped{}}
	var both sync.WaitGroup
	both.Go(func() { wire.follow(true, proxy, function) })
	both.Go(func() { wire.follow(false, function, proxy) })
	both.Wait()
	wire.lost()
}

// note adds to the record, under its lock, and wakes whoever waits.
func (r *Relay) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// opened notes a call.
func (r *Relay) opened(connection int, path string) *Call {
	call := &Call{Connection: connection, Path: path}
	r.note(func() {
		r.order++
		call.Opened = r.order
		r.calls = append(r.calls, call)
	})
	return call
}

// happened notes an event of a call.
func (r *Relay) happened(call *Call, e Event) {
	r.note(func() {
		r.order++
		e.Order, e.At = r.order, time.Now()
		call.Events = append(call.Events, e)
	})
}

// Calls returns every call so far, in the order of their opening. The caller owns them.
func (r *Relay) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := make([]Call, len(r.calls))
	for i, call := range r.calls {
		calls[i] = *call
		calls[i].Events = slices.Clone(call.Events)
	}
	return calls
}

// Of returns the calls of the paths, in the order of their opening.
func (r *Relay) Of(paths ...string) []Call {
	return slices.DeleteFunc(r.Calls(), func(c Call) bool { return !slices.Contains(paths, c.Path) })
}

// Connections returns every connection so far. The caller owns them.
func (r *Relay) Connections() []Connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	connections := make([]Connection, len(r.connections))
	for i, c := range r.connections {
		connections[i] = *c
		connections[i].Pings = slices.Clone(c.Pings)
	}
	return connections
}

// Await waits until the record is as it should be.
func (r *Relay) Await(tb testing.TB, what string, is func([]Call) bool) []Call {
	tb.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		calls := r.Calls()
		if is(calls) {
			return calls
		}
		select {
		case <-changed:
		case <-timer.C:
			for _, c := range calls {
				tb.Log(c)
			}
			tb.Fatalf("it never came about that %s", what)
		}
	}
}
