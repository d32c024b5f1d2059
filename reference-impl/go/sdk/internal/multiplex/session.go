package multiplex

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

type (
	request  = multiplexv1.HandleRequest
	response = multiplexv1.HandleResponse
)

const (
	// maxHandles is how many handles of a stream are served at once (MUX-LIMIT-003).
	maxHandles = 1024
	// maxKnown bounds those that are remembered: a proxy that opens more, and does not
	// read that they fail, loses the stream.
	maxKnown = 2 * maxHandles
)

// session is one multiplexed stream.
type session struct {
	ctx        context.Context // ends with the stream
	log        *slog.Logger
	kinds      map[string]Kind
	maxMessage int // the largest message that the proxy takes, in bytes

	mu         sync.Mutex // guards all below, and the handles
	kind       Kind       // nil before start
	opened     int64      // the last handle that was opened
	handles    map[int64]*handle
	out        outbox
	halfClosed bool // nothing more comes from the proxy
	stopping   bool // the function stops
	over       bool // the stream has ended; nobody waits for handlers that begin later

	handlers sync.WaitGroup // one for each handle whose kind runs
}

// hear takes one frame of the proxy. It waits for nobody (MUX-READ-001). Its error ends
// the stream.
func (s *session) hear(in *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return status.Error(codes.Canceled, "the stream has ended")
	}
	if start := in.GetStart(); start != nil || s.kind == nil {
		return s.start(in)
	}
	number := in.GetHandle()
	if open := in.GetOpen(); open != nil {
		return s.open(number, open.GetMessage())
	}
	if number < 1 || number > s.opened {
		return wrong("a frame for handle %d, which was never opened (MUX-WRONG-002)", number)
	}
	if h := s.handles[number]; h != nil {
		h.hear(in)
		return nil
	}
	if in.GetCredit() != nil || in.GetClose().GetReset_() {
		return nil // it was under way (MUX-CLOSE-008)
	}
	return wrong("a frame for handle %d, which is done (MUX-WRONG-002)", number)
}

// start finds the kind of the stream.
func (s *session) start(in *request) error {
	switch {
	case in.GetStart() == nil:
		return wrong("the first frame is not start (MUX-START-003)")
	case s.kind != nil || in.GetHandle() != 0:
		return wrong("a second start, or one for a handle (MUX-WRONG-002)")
	}
	s.kind = s.kinds[in.GetStart().GetEntityType()]
	if s.kind == nil {
		return status.Errorf(codes.Unimplemented, "no stateful kind %q here (MUX-START-004)", in.GetStart().GetEntityType())
	}
	return nil
}

// open begins a handle, and lets the kind serve it.
func (s *session) open(number int64, message []byte) error {
	switch {
	case number != s.opened+1:
		return wrong("handle %d opened behind %d (MUX-OPEN-004)", number, s.opened)
	case len(s.handles) >= maxKnown:
		return status.Error(codes.ResourceExhausted, "handles are opened, and what is said of them is not read")
	}
	s.opened++
	h := newHandle(s, number)
	crowded := len(s.handles) >= maxHandles
	s.handles[number] = h
	switch {
	case crowded:
		h.failf(codes.ResourceExhausted, "%d handles are open (MUX-LIMIT-007)", maxHandles)
	case s.stopping:
		h.failf(codes.Unavailable, "the function is stopping (MUX-DRAIN-002)")
	default:
		h.message(message)
	}
	if !h.ended {
		s.handlers.Go(func() { h.finish(s.kind(h)) })
	}
	return nil
}

// halfClose treats each handle as one that was closed: nothing more comes (MUX-END-003).
func (s *session) halfClose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halfClosed = true
	for _, h := range s.handles {
		if !h.closed {
			h.close(false)
		}
	}
}

// stop lets no handle be opened any more.
func (s *session) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
}

// finished says whether nothing is left to be done once no handle is opened any more.
func (s *session) finished() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.handles {
		if !h.sent {
			return false
		}
	}
	return s.halfClosed || s.stopping
}

// broken releases every handle (MUX-END-004), and waits for those who serve them.
func (s *session) broken() {
	s.mu.Lock()
	s.over = true
	for _, h := range s.handles {
		h.release()
	}
	s.mu.Unlock()
	s.handlers.Wait()
}

// wrong is the end of a stream on which the two sides do not agree on what is open.
func wrong(format string, args ...any) error {
	return status.Error(codes.InvalidArgument, fmt.Sprintf(format, args...))
}
