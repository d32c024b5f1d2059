package way

import (
	"net/http"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// errOver is what whoever uses a call gets once the call is over.
var errOver = fault.New(fault.Canceled, "the call is over")

// Gate lets one message after another of a call pass, in one direction, until the call is
// over: what follows from a call may use it for longer than its handler runs.
type Gate struct {
	mu     sync.Mutex
	closed bool
}

// Pass does the work unless the gate is closed.
func (g *Gate) Pass(work func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errOver
	}
	return work()
}

// Close closes the gate. While something passes, hurry is called, which has to bring it
// to its end; Close waits for that.
func (g *Gate) Close(hurry func()) {
	if !g.mu.TryLock() {
		hurry()
		g.mu.Lock()
	}
	g.closed = true
	g.mu.Unlock()
}

// lastWrite is how long a caller has to take what is being sent when its call is over.
const lastWrite = time.Second

// CloseBoth closes the gates of the two directions of a response. What blocks there is
// broken off, and with it the connection, or the stream of HTTP/2.
func CloseBoth(w http.ResponseWriter, in, out *Gate) {
	control := http.NewResponseController(w)
	in.Close(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }) // It can: net/http made it.
	out.Close(func() { _ = control.SetWriteDeadline(time.Now().Add(lastWrite)) })
}
