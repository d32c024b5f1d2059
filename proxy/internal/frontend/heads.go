package frontend

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
)

// headed is a listener whose connections say that a head took too long.
type headed struct{ net.Listener }

// Accept returns the next connection.
func (l headed) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headConn{Conn: conn}, nil
}

// headConn answers where net/http just closes: when a head of HTTP/1.1 has begun and does
// not end in time (HTTP-LIMIT-006). One goroutine reads from it at a time.
type headConn struct {
	net.Conn

	opened bool        // its first bytes have been read
	silent bool        // it is of HTTP/2, which has no such answer
	busy   atomic.Bool // a request is under way, whose head has been read
	begun  atomic.Bool // the next head has begun
	over   atomic.Bool // it did not end in time
}

// late is the answer: a google.rpc.Status, as every error.
const late = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: 78\r\nConnection: close\r\n\r\n" +
	`{"code":4,"message":"the head of the request took more than 10s","details":[]}`

// Read reads what comes next.
func (c *headConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if n > 0 && !c.opened {
		c.opened, c.silent = true, strings.HasPrefix(string(into[:min(n, 3)]), "PRI")
	}
	switch {
	case c.silent || c.busy.Load():
	case n > 0:
		c.begun.Store(true)
	case c.begun.Load() && errors.Is(err, os.ErrDeadlineExceeded):
		_, _ = c.Conn.Write([]byte(late)) // The connection ends, whether it arrives or not.
		c.over.Store(true)
	}
	return n, err
}

// Write writes, unless the last word has been said: net/http has one of its own for a head
// that is cut short.
func (c *headConn) Write(from []byte) (int, error) {
	if c.over.Load() {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(from)
}

// follow notes where in its requests a connection is. It is a ConnState of an
// [http.Server].
func follow(conn net.Conn, state http.ConnState) {
	c, ok := conn.(*headConn)
	if !ok {
		return
	}
	switch state {
	case http.StateActive:
		c.busy.Store(true)
	case http.StateIdle:
		c.begun.Store(false)
		c.busy.Store(false)
	case http.StateNew, http.StateHijacked, http.StateClosed:
	}
}

// unheaded returns the connection of the port.
func unheaded(conn net.Conn) net.Conn {
	if c, ok := conn.(*headConn); ok {
		return c.Conn
	}
	return conn
}
