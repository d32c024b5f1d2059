package port

import (
	"crypto/tls"
	"net"
	"time"

	"golang.org/x/net/http2"
)

// old is a connection of HTTP/1.
type old struct {
	*identity

	head []byte // what was read of it already
}

// newOld returns a connection that begins with head.
func newOld(served *identity, head []byte) net.Conn {
	o := &old{identity: served, head: head}
	if served.state != nil {
		return &oldTLS{o}
	}
	return o
}

// Read reads the head, and then what comes.
func (o *old) Read(p []byte) (int, error) {
	if len(o.head) > 0 {
		n := copy(p, o.head)
		if o.head = o.head[n:]; len(o.head) == 0 {
			o.head = nil
		}
		return n, nil
	}
	return o.identity.Read(p)
}

// oldTLS is one that shows net/http its TLS. One of HTTP/2 must not: net/http would
// look for HTTP/2 in its own handshake alone.
type oldTLS struct{ *old }

// ConnectionState returns what the handshake has found.
func (o *oldTLS) ConnectionState() tls.ConnectionState { return *o.state }

// direct is a connection of HTTP/2 that net/http serves.
type direct struct {
	*identity

	port   *Port
	reader reader
	told   bool // the reader's cut has been told
}

// newDirect returns a connection that begins with head.
func newDirect(p *Port, served *identity, head []byte) net.Conn {
	d := &direct{identity: served, port: p}
	s := newSplitter(p, func() int { return 0 })
	d.reader = reader{wire: served.Conn, splitter: s, bytes: head, fresh: true}
	return d
}

// newSplitter returns a splitter for a connection whose opening is read again.
func newSplitter(p *Port, written func() int) *splitter {
	return &splitter{
		guard:   guard{maxResets: p.config.MaxResets, now: p.config.Clock, written: written},
		preface: len(http2.ClientPreface),
		acks:    1,
	}
}

// Read reads what net/http is to see.
func (d *direct) Read(p []byte) (int, error) {
	n, err := d.reader.read(p)
	if why := d.reader.cut; err != nil && why != nil && !d.told {
		d.told = true
		d.port.cut(d.RemoteAddr(), why)
		// net/http may be in the middle of a frame, which then is its last. The
		// client hears why where it is not.
		sayGoAway(d.Conn, why)
		_ = d.Close() // it is over
	}
	return n, err
}

// sayGoAway writes a GOAWAY, if that is possible soon.
func sayGoAway(wire net.Conn, why *cutoff) {
	const soon = time.Second
	if wire.SetWriteDeadline(time.Now().Add(soon)) == nil {
		_, _ = wire.Write(appendGoAway(nil, 1<<31-1, why.code, why.text)) // or it has gone
	}
}
