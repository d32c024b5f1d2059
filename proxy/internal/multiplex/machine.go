package multiplex

// Machine is one multiplexed stream. It is not safe for concurrent use: whoever has it
// calls one method at a time, and sends what Next returns in that order.
type Machine struct {
	handles map[int64]*Handle // opened, and the function's last frame has not come
	opened  int64             // the last handle
	undone  int               // handles that are not done, those still to be opened included
	queue   []control         // control frames, oldest first
	ready   []*Handle         // whose next message may go, by turns
}

// New returns a stream on which nothing was sent. Its first frame is Start.
func New() *Machine { return &Machine{handles: map[int64]*Handle{}} }

// Start returns the first frame of the stream for entities of the type (MUX-START-001).
func Start(entityType string) []byte { return startFrame(entityType) }

// Open takes room for one more handle; nil when there is none. Its first message is init.
func (m *Machine) Open(owner any) *Handle {
	if m.undone == MaxHandles {
		return nil
	}
	m.undone++
	return &Handle{Owner: owner, balance: Window, in: Window}
}

// Undone returns how many handles are not done.
func (m *Machine) Undone() int { return m.undone }

// Send queues a message of at least one byte, which the machine keeps.
func (m *Machine) Send(h *Handle, message []byte) {
	if h.closing || h.closed || h.ended {
		return
	}
	h.out = append(h.out, message)
	h.queued += len(message)
	m.turn(h)
}

// Close half-closes the handle behind its messages.
func (m *Machine) Close(h *Handle) {
	if h.closing || h.closed {
		return
	}
	h.closing = true
	m.closeBehind(h)
}

// closeBehind queues close once no message is before it.
func (m *Machine) closeBehind(h *Handle) {
	switch {
	case !h.closing || h.closed || len(h.out) > 0:
	case h.number == 0:
		m.drop(h) // it was never opened
	default:
		h.closed = true
		m.push(h, sendClose)
	}
}

// Reset resets the handle. It reports whether an acknowledgement is to come.
func (m *Machine) Reset(h *Handle) bool {
	if h.reset || h.ended {
		return !h.ended
	}
	h.unqueue()
	if h.number == 0 {
		m.drop(h)
		return false
	}
	h.reset, h.closed = true, true
	m.push(h, sendReset)
	return true
}

// drop gives up a handle that was never opened.
func (m *Machine) drop(h *Handle) {
	if !h.ended {
		h.ended, h.closed = true, true
		h.unqueue()
		m.undone--
	}
}

// Taken notes that the owner has begun to handle a message of so many bytes.
func (m *Machine) Taken(h *Handle, size int) {
	h.waits--
	h.owed += int64(size)
	if h.waits == 0 && !h.crediting && !h.ended && !h.reset { // MUX-CREDIT-013
		h.crediting = true
		m.push(h, giveCredit)
	}
}
