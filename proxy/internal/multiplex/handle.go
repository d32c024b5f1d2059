package multiplex

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
