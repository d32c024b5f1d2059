package multiplex

import (
	"errors"
	"fmt"
)

// Machine is one multiplexed stream. It is not safe for concurrent use: whoever has it
// calls one method at a time, and sends what Next returns in that order.
type Machine struct {
	handles map[int64]*Handle // opened, and the function's last frame has not come
	opened  int64             // the last handle
	undone  int               // handles that are not done, those still to be opened included
	queue   []control         // control frames, oldest first
	ready   []*Handle         // whose next message may go, by turns
}

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

// Handle is one activation on the stream.
type Handle struct {
	// Owner is for who has the machine: it finds by it who is meant.
	Owner any

	number int64 // 0 until open is sent
	// out are the messages to be sent, oldest first, and balance is what may be sent.
	out     [][]byte
	queued  int // bytes in out
	balance int64
	turn    bool // it is in ready
	closing bool // close follows the messages
	closed  bool // close was sent, or waits in queue
	reset   bool // close with reset was sent, or waits in queue

	// in is what the function may send; waits are messages that were not taken, and
	// owed is for those that were.
	in, owed  int64
	waits     int
	crediting bool // a credit waits in queue
	ended     bool // the function's last frame has come
	pending   int  // closes that wait in queue
}

// Mistake is a frame of the function that breaks a requirement.
type Mistake struct { //nolint:errname // the protocol's own word for it
	Requirement string
	Text        string
}

// Error says what was wrong.
func (m *Mistake) Error() string { return m.Text }

// ErrClosed is the end of a handle by the function's closed.
var ErrClosed = errors.New("the function has closed the handle")

// Said is what a frame of the function means for the owner of a handle: the next
// message, or how the handle has ended, once. The zero Said means nothing.
type Said struct {
	Handle *Handle
	// Message is the next one; nil at the end.
	Message []byte
	// End is ErrClosed, a *Failed, or a *Mistake, after which the machine resets the
	// handle. What else has come on it before is still to be taken.
	End error
	// Acknowledged says that the function has ended the handle: the entity may have
	// another activation (MUX-USE-005). It may come after End, in a Said of its own.
	Acknowledged bool
	// Long says that a failure's description was cut (MUX-FAIL-003).
	Long bool
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

// Queued returns how many bytes of messages wait on the handle.
func (h *Handle) Queued() int { return h.queued }

// unqueue gives up the messages that wait.
func (h *Handle) unqueue() { h.out, h.queued = nil, 0 }

// Gone reports whether the handle was given up before it was opened.
func (h *Handle) Gone() bool { return h.number == 0 && h.ended }

// Starved reports whether the next message of the handle lacks credit.
func (h *Handle) Starved() bool { return len(h.out) > 0 && !h.lets() }

// lets reports whether the next message may go (MUX-CREDIT-001).
func (h *Handle) lets() bool {
	return len(h.out) > 0 && (h.balance == Window || int64(len(h.out[0])) <= h.balance)
}

// turn gives the handle its turn when it is ready.
func (m *Machine) turn(h *Handle) {
	if !h.turn && h.lets() {
		h.turn = true
		m.ready = append(m.ready, h)
	}
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

// Receive takes a frame of the function. The message in it is part of data. An error is
// a mistake that fits no handle, or a frame that cannot be read: the stream is over.
func (m *Machine) Receive(data []byte) (Said, error) {
	f, err := readFrame(data)
	if err != nil {
		return Said{}, &Mistake{"MUX-MSG-002", "a frame of the function cannot be read"}
	}
	h, known := m.handles[f.handle]
	switch {
	case known:
		return m.receive(h, &f), nil
	case f.handle > 0 && f.handle <= m.opened:
		return Said{}, &Mistake{"MUX-CLOSE-004", fmt.Sprintf("a frame comes behind the function's last one for handle %d", f.handle)}
	default:
		return Said{}, &Mistake{"MUX-MSG-008", fmt.Sprintf("a frame has the handle %d, which was never opened", f.handle)}
	}
}

// receive takes a frame of a handle that the function has not ended.
func (m *Machine) receive(h *Handle, f *frame) Said {
	switch {
	case f.number == fieldClose:
		return m.end(h, Said{Handle: h, End: ErrClosed, Acknowledged: true})
	case f.number == fieldFailure:
		code, description := f.failure()
		cut := shorten(description)
		return m.end(h, Said{
			Handle: h, End: &Failed{Code: code, Description: cut},
			Acknowledged: true, Long: len(cut) < len(description),
		})
	case h.reset: // it was on its way (MUX-CLOSE-006)
		return Said{}
	case f.number == fieldCredit:
		return m.credited(h, f.credit())
	case f.number == fieldMessage && len(f.body) > 0:
		return m.messaged(h, f.body)
	default:
		return m.wrong(h, "MUX-MSG-007", "a frame has no case set, or a message without bytes")
	}
}

// end notes the function's last frame for the handle, and answers it where the proxy
// has not closed (MUX-CLOSE-005).
func (m *Machine) end(h *Handle, said Said) Said {
	h.ended, h.owed = true, 0
	h.unqueue()
	delete(m.handles, h.number)
	switch {
	case !h.closed:
		h.closed = true
		m.push(h, sendClose)
	case h.pending == 0: // it was sent
		m.undone--
	}
	return said
}

func (m *Machine) credited(h *Handle, credit int64) Said {
	if credit <= 0 || credit > Window-h.balance {
		return m.wrong(h, "MUX-CREDIT-005", fmt.Sprintf("a credit of %d bytes comes, and %d are owed", credit, Window-h.balance))
	}
	h.balance += credit
	m.turn(h)
	return Said{}
}

func (m *Machine) messaged(h *Handle, message []byte) Said {
	if h.in != Window && int64(len(message)) > h.in {
		return m.wrong(h, "MUX-CREDIT-003", fmt.Sprintf("a message of %d bytes comes, and %d may be sent", len(message), h.in))
	}
	h.in -= int64(len(message))
	h.waits++
	return Said{Handle: h, Message: message}
}

// wrong resets a handle on which the function has made a mistake (MUX-WRONG-003).
func (m *Machine) wrong(h *Handle, requirement, text string) Said {
	m.Reset(h)
	return Said{Handle: h, End: &Mistake{requirement, text}}
}

// shorten returns the longest beginning that a description may have.
func shorten(text string) string {
	if len(text) <= longestDescription {
		return text
	}
	n := longestDescription
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}
