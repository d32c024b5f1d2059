package multiplex

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// The numbers of the protocol, in bytes.
const (
	window     = 65536
	maxMessage = 4 << 20
)

// handle is one activation on a stream. It is pure.
type handle struct {
	number  int64
	step    defect.Machine[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]
	in, out int64    // what the proxy may send, and the function
	waiting [][]byte // messages that lack credit
	ended   bool     // the function has sent its last frame
	limit   int      // the longest message that the proxy takes
}

func (h *handle) message(raw []byte) []*response {
	n := int64(len(raw))
	if n == 0 || n > h.in && h.in != window {
		return h.fail(codes.InvalidArgument, fmt.Sprintf("a message of %d B with a balance of %d B", n, h.in))
	}
	in := &eventsourcedv1.HandleRequest{}
	if err := proto.Unmarshal(raw, in); err != nil {
		return h.fail(codes.InvalidArgument, "an unreadable message: "+err.Error())
	}
	out := []*response{{Handle: h.number, Frame: &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: n}}}}
	answers, end := h.step(in)
	for _, answer := range answers {
		raw, err := proto.Marshal(answer)
		if err != nil || len(raw) > h.limit {
			return append(out, h.fail(codes.ResourceExhausted, "an answer that is too large")...)
		}
		h.waiting = append(h.waiting, raw)
	}
	out = append(out, h.flush()...)
	switch {
	case end && len(h.waiting) > 0:
		out = append(out, h.fail(codes.Internal, "broken, and without credit to say so")...)
	case end:
		out = append(out, h.close()...)
	}
	return out
}

// credit takes what the proxy gives back.
func (h *handle) credit(bytes int64) []*response {
	if bytes <= 0 || bytes > window-h.out {
		return h.fail(codes.InvalidArgument, fmt.Sprintf("credit of %d B with a balance of %d B", bytes, h.out))
	}
	h.out += bytes
	return h.flush()
}

// flush sends what waits, as far as the credit lets it.
func (h *handle) flush() []*response {
	var out []*response
	for len(h.waiting) > 0 && (int64(len(h.waiting[0])) <= h.out || h.out == window) {
		h.out -= int64(len(h.waiting[0]))
		out = append(out, &response{Handle: h.number, Frame: &multiplexv1.HandleResponse_Message{Message: h.waiting[0]}})
		h.waiting = h.waiting[1:]
	}
	return out
}

// close ends the handle in good order.
func (h *handle) close() []*response {
	h.ended = true
	return []*response{{Handle: h.number, Frame: &multiplexv1.HandleResponse_Closed{Closed: &multiplexv1.Closed{}}}}
}

// fail ends the handle, and drops what waits.
func (h *handle) fail(code codes.Code, description string) []*response {
	h.ended, h.waiting = true, nil
	return []*response{{Handle: h.number, Frame: &multiplexv1.HandleResponse_Failure{
		Failure: &multiplexv1.Failure{Code: int32(code), Description: description},
	}}}
}
