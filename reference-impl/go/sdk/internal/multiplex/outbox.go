package multiplex

import (
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// outbox says in which order the handles of a stream are written: first what needs no
// credit (MUX-FAIR-004), then one message of each handle that has one, in turn
// (MUX-FAIR-002). It is used under the session's lock.
type outbox struct {
	control  []*handle     // credit or a last frame; each handle once
	messages []*handle     // a message; each handle once, since it has one at most
	wake     chan struct{} // holds one value when there may be something to write
}

// soon notes that the handle has credit to give, or its last frame to send.
func (o *outbox) soon(h *handle) {
	if !h.queued {
		h.queued = true
		o.control = append(o.control, h)
	}
	o.ring()
}

// ready notes that the handle has a message to send.
func (o *outbox) ready(h *handle) {
	o.messages = append(o.messages, h)
	o.ring()
}

// ring wakes the writer.
func (o *outbox) ring() {
	select {
	case o.wake <- struct{}{}:
	default: // it will look
	}
}

// next returns the next frame to write, or nil.
func (s *session) next() *response {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.out.control) > 0 {
		h := s.out.control[0]
		s.out.control = s.out.control[1:]
		h.queued = false
		if frame := h.control(); frame != nil {
			return frame
		}
	}
	for len(s.out.messages) > 0 {
		h := s.out.messages[0]
		s.out.messages = s.out.messages[1:]
		if h.pending == nil {
			continue // dropped, with its handle
		}
		frame := &response{Handle: h.number, Frame: &multiplexv1.HandleResponse_Message{Message: h.pending}}
		h.pending = nil
		if h.last != nil {
			s.out.soon(h)
		}
		h.changed.Broadcast()
		return frame
	}
	return nil
}

// control returns the handle's last frame, its credit where there is none, or nil. The
// last frame stays behind a message that is still to be sent. What is returned counts as
// sent.
func (h *handle) control() *response {
	switch {
	case h.last != nil && h.pending == nil:
		frame := h.last
		h.last, h.sent = nil, true
		if h.closed {
			delete(h.session.handles, h.number) // it is done
		}
		return frame
	case h.credit > 0 && !h.ended:
		frame := &response{Handle: h.number, Frame: &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: h.credit}}}
		h.credit = 0
		return frame
	default:
		return nil
	}
}
