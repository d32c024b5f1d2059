package multiplex

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	request  = multiplexv1.HandleRequest
	response = multiplexv1.HandleResponse

	// machine answers one frame of a stream.
	machine = defect.Machine[request, response]
)

// mostHandles is how many handles of a stream may be open.
const mostHandles = 1024

// kinds are those that a stream may be for. What the cases open is event sourced.
func kinds() []string {
	var stateful []string
	for _, k := range kind.All() {
		if k.Stateful {
			stateful = append(stateful, k.Type)
		}
	}
	return stateful
}

// stream is one multiplexed stream of the model, correct in every way. It is pure;
// [stream.step] is its machine.
type stream struct {
	activate func() defect.Machine[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]
	kinds    []string

	started bool
	opened  int64             // the last handle that was opened
	handles map[int64]*handle // those that are not done
	status  error             // what ends the stream, where the proxy does not

	// What mutants and variants change.
	most     int  // how many handles may be open
	limit    int  // the longest message that the proxy takes
	serial   bool // it reads on once its own frames are sent
	backward bool // the newest handle first
}

// step answers one frame. In is nil for the half-close.
func (s *stream) step(in *request) ([]*response, bool) {
	switch frame := in.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Start:
		return s.start(in.GetHandle(), frame.Start.GetEntityType())
	case *multiplexv1.HandleRequest_Open:
		return s.open(in.GetHandle(), frame.Open.GetMessage())
	default:
		if in == nil {
			return s.halfClose(), true
		}
		return s.on(in)
	}
}

func (s *stream) start(handle int64, entityType string) ([]*response, bool) {
	if s.started || handle != 0 {
		return s.end(codes.InvalidArgument, "no start for now")
	}
	s.started = true
	if !slices.Contains(s.kinds, entityType) {
		return s.end(codes.Unimplemented, "no such kind")
	}
	return nil, false
}

func (s *stream) open(number int64, message []byte) ([]*response, bool) {
	if !s.started || number != s.opened+1 {
		return s.end(codes.InvalidArgument, "a handle out of order")
	}
	s.opened++
	h := &handle{number: number, step: s.activate(), in: window, out: window, limit: s.limit}
	crowded := len(s.handles) >= s.most
	s.handles[number] = h
	if crowded {
		return h.fail(codes.ResourceExhausted, "too many handles"), false
	}
	return h.message(message), false
}

// on takes a frame for a handle that was opened before.
func (s *stream) on(in *request) ([]*response, bool) {
	h := s.handles[in.GetHandle()]
	switch {
	case !s.started || in.GetHandle() < 1 || in.GetHandle() > s.opened:
		return s.end(codes.InvalidArgument, "a handle that was never opened")
	case h == nil && (in.GetCredit() != nil || in.GetClose().GetReset_()):
		return nil, false // it was under way
	case h == nil:
		return s.end(codes.InvalidArgument, "a handle that is done")
	case in.GetClose() != nil:
		delete(s.handles, h.number)
		if h.ended {
			return nil, false
		}
		return h.close(), false
	case h.ended:
		return nil, false
	}
	switch frame := in.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Message:
		return h.message(frame.Message), false
	case *multiplexv1.HandleRequest_Credit:
		return h.credit(frame.Credit.GetBytes()), false
	default:
		return h.fail(codes.InvalidArgument, "a frame in which no case is set"), false
	}
}

// halfClose closes each handle that is open.
func (s *stream) halfClose() []*response {
	var out []*response
	for _, h := range s.handles {
		if !h.ended {
			out = append(out, h.close()...)
		}
	}
	return out
}

// end ends the stream.
func (s *stream) end(code codes.Code, description string) ([]*response, bool) {
	s.status = status.Error(code, description)
	return nil, true
}
