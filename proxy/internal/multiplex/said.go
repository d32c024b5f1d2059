package multiplex

import (
	"errors"
	"fmt"
)

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
