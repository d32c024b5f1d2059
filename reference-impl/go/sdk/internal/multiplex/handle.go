package multiplex

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// longestDescription is that of a failure, in bytes (MUX-FAIL-003).
const longestDescription = 1024

// handle is one activation. To the kind that serves it, it is a stream of its own.
type handle struct {
	session *session
	number  int64
	ctx     context.Context    // ends with the handle
	cancel  context.CancelFunc // ends ctx

	// Under the session's lock.
	in, out balance   // what the proxy may send, and the function
	inbox   [][]byte  // what was read and not taken
	given   int       // bytes of the message that the kind was given last
	closed  bool      // the proxy has sent close
	ended   bool      // the last frame is decided
	sent    bool      // the last frame was sent
	changed sync.Cond // one of these has

	// What waits to be written.
	queued  bool // in the outbox, for what needs no credit
	credit  int64
	pending []byte // a message, for which credit was taken
	last    *response
}

var _ grpc.ServerStream = (*handle)(nil)

func newHandle(s *session, number int64) *handle {
	h := &handle{session: s, number: number, in: window, out: window}
	h.ctx, h.cancel = context.WithCancel(s.ctx)
	h.changed.L = &s.mu
	return h
}

// hear takes a frame that is neither start nor open.
func (h *handle) hear(in *request) {
	frame, closing := in.GetFrame().(*multiplexv1.HandleRequest_Close)
	switch {
	case closing && (!h.closed || frame.Close.GetReset_()):
		h.close(frame.Close.GetReset_())
	case h.closed && in.GetCredit() == nil:
		h.failf(codes.InvalidArgument, "a frame behind close (MUX-WRONG-006)")
	case h.ended: // it was under way (MUX-CLOSE-007)
	default:
		h.serve(in)
	}
}

// serve takes a message or credit.
func (h *handle) serve(in *request) {
	switch frame := in.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Message:
		h.message(frame.Message)
	case *multiplexv1.HandleRequest_Credit:
		var owed bool
		if h.out, owed = h.out.give(frame.Credit.GetBytes()); !owed {
			h.failf(codes.InvalidArgument, "credit of %d bytes, which are not owed (MUX-WRONG-001)", frame.Credit.GetBytes())
		}
		h.changed.Broadcast()
	default:
		h.failf(codes.InvalidArgument, "a frame without a case that is known here (MUX-WRONG-001)")
	}
}

// message puts a message where the kind finds it.
func (h *handle) message(message []byte) {
	if !h.in.admits(len(message)) {
		h.failf(codes.InvalidArgument, "a message of %d bytes with a balance of %d (MUX-WRONG-001)", len(message), h.in)
		return
	}
	h.in = h.in.take(len(message))
	h.inbox = append(h.inbox, message)
	h.changed.Broadcast()
}

// close notes the proxy's close. A reset is acknowledged at once (MUX-CLOSE-003).
func (h *handle) close(reset bool) {
	h.closed = true
	if reset && !h.ended {
		h.pending = nil
		h.end(closed())
	}
	h.changed.Broadcast()
	if h.sent {
		delete(h.session.handles, h.number) // it is done
	}
}

// failf ends the handle, and drops what it had to say.
func (h *handle) failf(code codes.Code, format string, args ...any) {
	description := fmt.Sprintf(format, args...)
	h.session.log.WarnContext(h.ctx, "handle failed", "handle", h.number, "code", code, "reason", description)
	h.pending = nil
	h.end(failure(code, description))
}

// closed is the last frame of a handle that ends in good order.
func closed() *response {
	return &response{Frame: &multiplexv1.HandleResponse_Closed{Closed: &multiplexv1.Closed{}}}
}

// failure is the last frame of a handle that is broken.
func failure(code codes.Code, description string) *response {
	if len(description) > longestDescription {
		description = description[:longestDescription]
	}
	return &response{Frame: &multiplexv1.HandleResponse_Failure{Failure: &multiplexv1.Failure{
		Code: int32(code), Description: strings.ToValidUTF8(description, ""),
	}}}
}

// end decides the last frame, and releases who serves the handle.
func (h *handle) end(last *response) {
	if h.sent {
		return
	}
	last.Handle, h.last = h.number, last
	h.release()
	h.session.out.soon(h)
}

// release lets nobody wait on the handle any more.
func (h *handle) release() {
	h.ended, h.inbox = true, nil
	h.cancel()
	h.changed.Broadcast()
}

// finish ends the handle as the kind has ended its stream (MUX-FAIL-001).
func (h *handle) finish(err error) {
	h.session.mu.Lock()
	defer h.session.mu.Unlock()
	if h.ended {
		return
	}
	if err != nil {
		answer := status.Convert(err)
		h.end(failure(answer.Code(), answer.Message()))
		return
	}
	h.end(closed())
}

// RecvMsg waits for the next message; io.EOF is the proxy's close. The kind reads ahead
// by one message, and asks for another once it has begun to handle the one before: so that
// is when its bytes are given back (MUX-CREDIT-006).
func (h *handle) RecvMsg(message any) error {
	h.session.mu.Lock()
	defer h.session.mu.Unlock()
	h.giveBack()
	for len(h.inbox) == 0 && !h.closed && !h.ended {
		h.changed.Wait()
	}
	switch {
	case h.ended:
		return gone()
	case len(h.inbox) == 0:
		return io.EOF
	}
	next := h.inbox[0]
	h.inbox, h.given = h.inbox[1:], len(next)
	into, ok := message.(proto.Message)
	if !ok || proto.Unmarshal(next, into) != nil {
		h.failf(codes.InvalidArgument, "a message that cannot be read (MUX-MSG-003)")
		return gone()
	}
	return nil
}

// giveBack gives back the bytes of the message that was taken last.
func (h *handle) giveBack() {
	if h.given == 0 || h.ended {
		return
	}
	h.in, _ = h.in.give(int64(h.given))
	h.credit += int64(h.given)
	h.given = 0
	h.session.out.soon(h)
}

// SendMsg waits until there is credit for the message (MUX-CREDIT-003), and queues it.
func (h *handle) SendMsg(message any) error {
	out, ok := message.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%T is no message of protobuf", message)
	}
	raw, err := proto.Marshal(out)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	h.session.mu.Lock()
	defer h.session.mu.Unlock()
	if len(raw) > h.session.maxMessage && !h.ended {
		h.failf(codes.ResourceExhausted, "a message of %d bytes, and the proxy takes %d (MUX-LIMIT-005)", len(raw), h.session.maxMessage)
		return gone()
	}
	if broken := brokenBy(message); broken != nil && !h.out.admits(len(raw)) && !h.ended {
		h.failf(codes.Internal, "%s", broken.GetDescription()) // there is no credit to say so in a message
		return gone()
	}
	for !h.ended && (h.pending != nil || !h.out.admits(len(raw))) {
		if h.session.halfClosed && h.pending == nil { // credit never comes
			h.end(closed())
			return gone()
		}
		h.changed.Wait()
	}
	if h.ended {
		return gone()
	}
	h.out, h.pending = h.out.take(len(raw)), raw
	h.session.out.ready(h)
	return nil
}

// brokenBy is the failure of the stream as a whole that a message is; nil for any other.
func brokenBy(message any) *entityv1.Failure {
	carrier, ok := message.(interface{ GetFailure() *entityv1.Failure })
	if !ok {
		return nil
	}
	return carrier.GetFailure()
}

// gone is what the kind is told of a handle that has ended.
func gone() error { return status.Error(codes.Canceled, "the handle has ended") }

// Context ends with the handle.
func (h *handle) Context() context.Context { return h.ctx }

// SetHeader does nothing: a handle has no headers.
func (h *handle) SetHeader(metadata.MD) error { return nil }

// SendHeader does nothing.
func (h *handle) SendHeader(metadata.MD) error { return nil }

// SetTrailer does nothing.
func (h *handle) SetTrailer(metadata.MD) {}
