package function

import (
	"sync"

	"google.golang.org/protobuf/proto"
)

// heard is what a plain stream has said and nobody has taken: one message at a time.
//
// The goroutine that waits for the function keeps no more than it must: it reads bytes,
// and whoever takes them decodes them. Its stack stays as small as it began, and there is
// one for each active entity.
type heard struct {
	mu      sync.Mutex
	changed sync.Cond
	message []byte
	unread  bool
	end     error // what Next returns behind the message; nil before
	over    bool  // nobody takes anything any more
}

var _ Follower = (*plain)(nil)

// Follow has wake called whenever Next has more, and at once.
func (s *plain) Follow(wake func()) {
	s.heard.changed.L = &s.heard.mu
	wake()
	s.client.owned.Go(func() { s.listen(wake) })
}

// listen hears what the function says until the stream has ended.
func (s *plain) listen(wake func()) {
	for more := true; more; {
		var in rawReceived
		err := s.grpc.RecvMsg(&in)
		more = s.hear(in, err)
		wake()
	}
}

// hear keeps what has come, once what came before is taken. It reports whether more may
// come.
func (s *plain) hear(in rawReceived, err error) bool {
	h := &s.heard
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.unread && !h.over {
		h.changed.Wait()
	}
	switch {
	case h.over:
		return false
	case err != nil && exceeds(err):
		h.end = unreadable(tooLarge("far more bytes", s.conn.limit))
	case err != nil:
		h.end = s.conn.lost(err)
	case in.err != nil:
		h.end = unreadable(in.err)
	default:
		h.message, h.unread = in.data, true
		return true
	}
	return false
}

// Next returns what Recv would return, and false where Recv would wait.
func (s *plain) Next() (message proto.Message, err error, ok bool) {
	data, err, ok := s.heard.take()
	if err != nil || !ok {
		return nil, err, ok
	}
	if message, err = s.conn.read(s.kind, data); err != nil {
		s.heard.stop()
		return nil, err, true
	}
	return s.conn.incoming(message), nil, true
}

// take takes the message, or else the end; ok says whether there is either.
func (h *heard) take() (data []byte, err error, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.unread {
		return nil, h.end, h.end != nil
	}
	data = h.message
	h.message, h.unread = nil, false
	h.changed.Broadcast()
	return data, nil, true
}

// stop has nothing kept any more: the message that was taken is the last.
func (h *heard) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	h.changed.Broadcast()
}
