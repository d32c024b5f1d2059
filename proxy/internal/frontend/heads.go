package frontend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/stateward/stateward/proxy/internal/port"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// headed is a listener whose connections refuse heads as the specification says.
type headed struct{ net.Listener }

// Accept returns the next connection.
func (l headed) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headConn{Conn: conn}, nil
}

// headConn is a connection that answers in the place of net/http, which refuses heads of
// HTTP/1.1 in words of its own, and closes without one when a head does not end in time
// (HTTP-STATUS-002, HTTP-LIMIT-006). One goroutine reads from it at a time.
type headConn struct {
	net.Conn

	opened bool        // its first bytes have been read
	silent bool        // it is of HTTP/2, which has no such answers
	busy   atomic.Bool // a request is under way, whose head has been read
	served atomic.Bool // and its answer is a handler's
	begun  atomic.Bool // the next head has begun
	over   atomic.Bool // a head has been refused
}

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
		c.refuse(http.StatusRequestTimeout, fmt.Sprintf("the head of the request took more than %v", headTimeout))
	}
	return n, err
}

// Write writes, but for what net/http says of a head that it has not handed over.
func (c *headConn) Write(from []byte) (int, error) {
	switch {
	case c.over.Load(): // The last word has been said.
		return 0, net.ErrClosed
	case c.silent || c.served.Load():
		return c.Conn.Write(from)
	}
	status, text, is := ownRefusal(string(from))
	if !is {
		return c.Conn.Write(from)
	}
	c.refuse(status, text)
	return len(from), nil
}

// refuse answers a head, after which the connection ends, whether the answer arrives or
// not.
func (c *headConn) refuse(status int, text string) {
	if c.over.Swap(true) {
		return
	}
	body := transcode.Fail(transcode.Refuse(status, "%s", text), nil).Body
	_, _ = fmt.Fprintf(c.Conn, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), transcode.JSON, len(body), body)
}

// ownRefusal reads what net/http writes for a head that it refuses: a response of its own
// has no date.
func ownRefusal(response string) (status int, text string, is bool) {
	rest, is := strings.CutPrefix(response, "HTTP/1.1 ")
	line, rest, _ := strings.Cut(rest, "\r\n")
	body, own := strings.CutPrefix(rest, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	code, _, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(code)
	return status, body, is && own && err == nil && status >= http.StatusBadRequest
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
		c.served.Store(false)
		c.busy.Store(false)
	case http.StateNew, http.StateHijacked, http.StateClosed:
	}
}

// ofConn is the key of a request's connection in its context.
type ofConn struct{}

// connected keeps what is known of the connection in the contexts of its requests.
func connected(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*headConn); ok {
		ctx, conn = context.WithValue(ctx, ofConn{}, c), c.Conn
	}
	return port.Context(ctx, conn)
}

// handed notes that what is written to the request's connection is a handler's.
func handed(ctx context.Context) {
	if c, ok := ctx.Value(ofConn{}).(*headConn); ok {
		c.served.Store(true)
	}
}
