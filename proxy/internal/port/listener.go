package port

import (
	"net"
	"sync"
)

// listener is one server's side of a port.
type listener struct {
	port   *Port
	conns  chan net.Conn // without room: who delivers keeps the connection until it is taken
	closed chan struct{}
	close  sync.Once
}

// newListener returns a listener of the port.
func newListener(p *Port) *listener {
	return &listener{port: p, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept returns the next connection, or net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept, and the port's own.
func (l *listener) Close() (err error) {
	l.close.Do(func() {
		close(l.closed)
		err = l.port.stop()
	})
	return err
}

// Addr returns the address of the port.
func (l *listener) Addr() net.Addr { return l.port.raw.Addr() }

// deliver gives the connection to the server, and reports whether it has taken it.
func (l *listener) deliver(conn net.Conn) bool {
	select {
	case l.conns <- conn:
		return true
	case <-l.closed:
		return false
	}
}
