package multiplex

// control is one control frame that is to be sent.
type control struct {
	handle *Handle
	kind   controlKind
}

type controlKind uint8

const (
	giveCredit controlKind = iota
	sendClose
	sendReset
)

// turn gives the handle its turn when it is ready.
func (m *Machine) turn(h *Handle) {
	if !h.turn && h.lets() {
		h.turn = true
		m.ready = append(m.ready, h)
	}
}

func (m *Machine) push(h *Handle, kind controlKind) {
	if kind != giveCredit {
		h.pending++
	}
	m.queue = append(m.queue, control{h, kind})
}

// Out is a frame to send.
type Out struct {
	Data   []byte
	Handle *Handle
	// Message says that it carries a message, and Reset that it is a close with reset,
	// from which the time of MUX-CLOSE-010 runs.
	Message, Reset bool
}

// Next returns the next frame to send, and whether there is one. Control frames come
// first (MUX-FAIR-003); handles that are ready take turns by message (MUX-FAIR-001).
func (m *Machine) Next() (Out, bool) {
	for len(m.queue) > 0 {
		c := m.queue[0]
		m.queue[0].handle = nil
		m.queue = m.queue[1:]
		if data := m.control(c); data != nil {
			return Out{Data: data, Handle: c.handle, Reset: c.kind == sendReset}, true
		}
	}
	for len(m.ready) > 0 {
		h := m.ready[0]
		m.ready[0] = nil
		m.ready = m.ready[1:]
		h.turn = false
		if h.lets() { // it was not reset meanwhile
			return Out{Data: m.message(h), Handle: h, Message: true}, true
		}
	}
	return Out{}, false
}

// control returns a control frame; nil when it is not needed any more.
func (m *Machine) control(c control) []byte {
	h := c.handle
	switch c.kind {
	case giveCredit:
		h.crediting = false
		credit := h.owed
		if h.ended || h.reset || credit == 0 {
			return nil
		}
		h.owed = 0
		h.in += credit
		return creditFrame(h.number, credit)
	default:
		h.pending--
		if c.kind == sendClose && h.reset { // its close with reset follows
			return nil
		}
		if h.ended && h.pending == 0 {
			m.undone--
		}
		return closeFrame(h.number, c.kind == sendReset)
	}
}

// message returns the next message of a handle that is ready, as a frame.
func (m *Machine) message(h *Handle) []byte {
	message := h.out[0]
	h.out[0] = nil
	h.out = h.out[1:]
	if len(h.out) == 0 {
		h.out = nil // an idle handle keeps nothing
	}
	h.queued -= len(message)
	h.balance -= int64(len(message))
	var data []byte
	if h.number == 0 {
		m.opened++
		h.number = m.opened
		m.handles[h.number] = h
		data = openFrame(h.number, message)
	} else {
		data = messageFrame(h.number, message)
	}
	m.turn(h)
	m.closeBehind(h)
	return data
}
