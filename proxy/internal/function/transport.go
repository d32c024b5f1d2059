package function

import (
	"net"
	"sync"
)

// transport is the connection to the function that gRPC uses. It reads along, for
// what gRPC keeps to itself: how many streams the function allows, that it takes no
// further one, and that the connection is lost.
type transport struct {
	net.Conn

	// lost is closed when nothing comes or goes any more.
	lost chan struct{}
	// changed is called when what Limit or GoneAway return has changed. It does not
	// wait.
	changed func()

	once   sync.Once
	mu     sync.Mutex
	frames frames
}

// newTransport returns the transport over the connection, which it owns.
func newTransport(conn net.Conn, changed func()) *transport {
	return &transport{Conn: conn, lost: make(chan struct{}), changed: changed, frames: newFrames()}
}

// Read reads, and reads along.
func (t *transport) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.mu.Lock()
	changed := t.frames.read(p[:n])
	t.mu.Unlock()
	if changed {
		t.changed()
	}
	if err != nil {
		t.lose()
	}
	return n, err
}

// Close closes the connection, once.
func (t *transport) Close() error {
	t.lose()
	return t.Conn.Close()
}

func (t *transport) lose() { t.once.Do(func() { close(t.lost) }) }

// isLost reports whether lost is closed.
func (t *transport) isLost() bool {
	select {
	case <-t.lost:
		return true
	default:
		return false
	}
}

// state returns how many streams the function allows at once, and whether it takes
// no further one.
func (t *transport) state() (limit uint32, goneAway bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames.limit, t.frames.goneAway
}
