package function

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/multiplex"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	// mostStreams is how many multiplexed streams of one kind a connection may have
	// (MUX-LIMIT-002).
	mostStreams = 8
	// mostBroken is how many of a connection may break before it gets no other
	// (MUX-WRONG-005).
	mostBroken = 3
	// longestReset is how long the function may take to acknowledge a close with reset
	// (MUX-CLOSE-010).
	longestReset = 10 * time.Second
	// longestStarved is how long a message may lack credit before a reset is put down to
	// that: a time of grace, the shortest for which one waits (MUX-DRAIN-003).
	longestStarved = 5 * time.Second
)

// multiplexed is one multiplexed stream. One goroutine reads it and one writes it, and
// neither waits for an entity (MUX-READ-002).
type multiplexed struct {
	client *Client
	conn   *connection
	kind   wire.Kind
	grpc   grpc.ClientStream
	cancel context.CancelFunc
	// wake holds a token when there may be something to write.
	wake chan struct{}

	mu      sync.Mutex
	machine *multiplex.Machine
	live    map[*handle]struct{} // that have no end yet
	leaving bool                 // it takes no further handle
	over    error                // why it has ended; nil before
}

// seat gives an entity a handle; nil when there is none on this stream.
func (m *multiplexed) seat(ctx context.Context) *handle {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over != nil || m.leaving {
		return nil
	}
	h := &handle{stream: m, ctx: ctx}
	h.changed.L = &m.mu
	if h.frames = m.machine.Open(h); h.frames == nil {
		return nil
	}
	m.live[h] = struct{}{}
	h.uncancel = context.AfterFunc(ctx, h.reset)
	m.client.config.Observer.Streams(+1)
	return h
}

// poke lets the writer look. The caller may hold mu.
func (m *multiplexed) poke() {
	select {
	case m.wake <- struct{}{}:
	default: // the token is there already
	}
}

// write sends what there is to send until the stream has ended.
func (m *multiplexed) write() {
	parting := m.conn.parting
	for {
		select {
		case <-m.wake:
		case <-parting:
			parting = nil
			m.leave()
		case <-m.grpc.Context().Done():
			return
		}
		for {
			out, more := m.next()
			if !more {
				break
			}
			if m.grpc.SendMsg(raw(out)) != nil {
				return // read says why
			}
		}
		if m.isQuiet() {
			_ = m.grpc.CloseSend() // MUX-END-002; read says why not
			return
		}
	}
}

// next returns the next frame; none once the stream has ended, for a reset that is sent
// then would be timed, and the function blamed for it.
func (m *multiplexed) next() ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over != nil {
		return nil, false
	}
	out, more := m.machine.Next()
	if !more {
		return nil, false
	}
	if h, ok := out.Handle.Owner.(*handle); ok {
		if out.Message {
			h.progress = time.Now()
			h.changed.Broadcast() // whoever sends may go on
		}
		if out.Reset {
			h.overdue = time.AfterFunc(longestReset, func() {
				m.broken("MUX-CLOSE-003", "a close with reset has not been acknowledged for 10 s")
			})
		}
	}
	return out.Data, true
}

// leave gives the stream up in good order (MUX-DRAIN-001).
func (m *multiplexed) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaving = true
}

// isQuiet reports whether the stream is given up, and every handle on it is done.
func (m *multiplexed) isQuiet() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaving && m.machine.Undone() == 0
}

// read takes what the function sends until the stream has ended.
func (m *multiplexed) read() {
	for {
		var in rawReceived
		err := m.grpc.RecvMsg(&in)
		switch {
		case err == nil && in.err != nil, err != nil && exceeds(err):
			m.broken("MUX-LIMIT-005", "a frame is larger than the proxy takes")
			return
		case err != nil:
			m.ended(err)
			return
		case !m.take(in.data):
			return
		}
	}
}

// take takes one frame. It reports false when that breaks the stream.
func (m *multiplexed) take(data []byte) bool {
	m.mu.Lock()
	said, err := m.machine.Receive(data)
	var h *handle
	if err == nil && said.Handle != nil {
		h, _ = said.Handle.Owner.(*handle)
		h.take(said)
	}
	m.mu.Unlock()
	if wrong, ok := errors.AsType[*multiplex.Mistake](err); ok {
		m.broken(wrong.Requirement, wrong.Text)
		return false
	}
	m.poke()
	if h != nil {
		h.stir()
		h.tell(said)
	}
	return true
}

// broken ends a stream that the function has broken, and tells it.
func (m *multiplexed) broken(requirement, text string) {
	m.client.pool.change(func() { m.conn.broken++ })
	m.client.Report(&discoveryv1.ReportErrorRequest{Severity: discoveryv1.Severity_SEVERITY_ERROR, Code: requirement, Message: text})
	m.finish(fault.New(fault.Unavailable, "the multiplexed stream to the user function was reset: %s", text))
}

// ended notes that the stream has ended, by whomever.
func (m *multiplexed) ended(err error) {
	if status.Code(err) == codes.Unimplemented { // MUX-USE-006
		m.client.pool.change(func() { m.conn.broken = mostBroken })
		m.client.Report(&discoveryv1.ReportErrorRequest{
			Severity: discoveryv1.Severity_SEVERITY_ERROR, Code: "MUX-USE-004",
			Message: "the function announces CAPABILITY_MULTIPLEXED_STREAM, and does not serve such a stream of this kind",
		})
	}
	if errors.Is(err, io.EOF) {
		err = fault.New(fault.Unavailable, "the user function has ended the multiplexed stream")
	}
	m.finish(m.conn.lost(err))
}

// finish ends every handle that is left as a plain stream that ended now (MUX-END-001),
// and resets the stream. The reason is noted before the reset, which the reader would
// otherwise take for the reason.
func (m *multiplexed) finish(err error) {
	m.mu.Lock()
	if m.over != nil {
		m.mu.Unlock()
		return
	}
	m.over = err
	m.mu.Unlock()
	m.cancel()
	m.client.pool.unseat(m)
	m.mu.Lock()
	left := m.live
	m.live = nil
	for h := range left {
		h.finish(err)
	}
	m.mu.Unlock()
	for h := range left {
		h.stir()
		h.released()
	}
}
