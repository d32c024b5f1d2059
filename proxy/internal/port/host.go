package port

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// host is a connection of HTTP/2 that grpc-go serves, and that may have guests. Until
// the first of them comes, what is read and written is only watched.
type host struct {
	*identity

	port   *Port
	visits *visits

	reading sync.Mutex // grpc-go's reader, or whoever follows it when grpc-go has closed
	reader  reader
	ready   ready
	closed  atomic.Bool
}

// newHost returns a connection that begins with head.
func newHost(p *Port, served *identity, head []byte) net.Conn {
	h := &host{identity: served, port: p}
	h.visits = newVisits(p, served)
	s := newSplitter(p, h.visits.content)
	s.guests, s.headers = h.visits, newHeaders()
	h.reader = reader{wire: served.Conn, splitter: s, bytes: head, fresh: true}
	return h
}

// Read reads what grpc-go is to see.
func (h *host) Read(p []byte) (int, error) {
	h.reading.Lock()
	defer h.reading.Unlock()
	return h.read(p)
}

// read is Read, for whoever has the lock.
func (h *host) read(p []byte) (int, error) {
	if h.closed.Load() {
		return 0, net.ErrClosed
	}
	n, err := h.reader.read(p)
	if err != nil && h.reader.cut != nil {
		h.cut(h.reader.cut)
	}
	return n, err
}

// Write writes what grpc-go has to say. It does not keep p.
func (h *host) Write(p []byte) (int, error) { return h.visits.write(p) }

// Close closes the connection: at once, or, when grpc-go has said goodbye and is done,
// once the guests are done too.
func (h *host) Close() error {
	if h.closed.Swap(true) {
		return nil
	}
	if !h.visits.outstay() || !h.port.hold(h.identity) {
		h.visits.fail(net.ErrClosed)
		return h.identity.Close()
	}
	h.port.working.Go(h.linger)
	return nil
}

// linger serves the guests of a connection that grpc-go has closed.
func (h *host) linger() {
	// Long enough for what is under way when a server stops.
	const most = 5 * time.Minute
	defer h.port.letGo(h.identity)
	// grpc-go's reader is made to return.
	_ = h.SetReadDeadline(time.Unix(1, 0))
	h.reading.Lock()
	defer h.reading.Unlock()
	_ = h.SetReadDeadline(time.Now().Add(most))
	h.port.working.Go(func() {
		h.visits.left(most)
		_ = h.identity.Close() // ends the reader below
	})
	unread := make([]byte, maxFrame)
	for {
		if _, err := h.reader.read(unread); err != nil {
			break
		}
	}
	if h.reader.cut != nil {
		h.cut(h.reader.cut)
	}
	h.visits.fail(net.ErrClosed)
	_ = h.identity.Close() // it is over
}

// cut ends the connection because of what the client did.
func (h *host) cut(why *cutoff) {
	if !h.visits.fail(why) {
		return
	}
	h.port.cut(h.RemoteAddr(), why)
	h.visits.farewell(why)
	_ = h.identity.Close() // it is over
}
