package functiontest

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// window is what either side may send on a handle that has taken nothing yet.
const window = 65536

// Multiplexed serves multiplexed streams: one loop for each handle, one reader and one
// writer for the stream. Of each kind it serves one handle as a plain stream; nil for a
// kind that it does not serve.
type Multiplexed struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	EventSourced func(eventsourcedv1.EventSourcedService_HandleServer) error
	Values       func(valuev1.ValueEntityService_HandleServer) error
	Replicated   func(replicatedv1.ReplicatedEntityService_HandleServer) error
}

// loop returns what serves the handles of the kind, by its name; nil when it is not served.
func (s Multiplexed) loop(entityType string) func(*muxHandle) error {
	kind, _ := wire.V1().OfType(entityType)
	switch {
	case kind.Kind == wire.EventSourced && s.EventSourced != nil:
		return func(h *muxHandle) error {
			return s.EventSourced(muxStream[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{h})
		}
	case kind.Kind == wire.Value && s.Values != nil:
		return func(h *muxHandle) error {
			return s.Values(muxStream[valuev1.HandleRequest, valuev1.HandleResponse]{h})
		}
	case kind.Kind == wire.Replicated && s.Replicated != nil:
		return func(h *muxHandle) error {
			return s.Replicated(muxStream[replicatedv1.HandleRequest, replicatedv1.HandleResponse]{h})
		}
	default:
		return nil
	}
}

// Handle serves one stream.
func (s Multiplexed) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	first, err := stream.Recv()
	if err != nil || first.GetStart() == nil {
		return status.Error(codes.InvalidArgument, "the first frame is not start")
	}
	loop := s.loop(first.GetStart().GetEntityType())
	if loop == nil {
		return status.Error(codes.Unimplemented, "no such kind")
	}
	m := &muxed{stream: stream, loop: loop, handles: map[int64]*muxHandle{}}
	defer m.loops.Wait()
	defer m.release()
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := m.take(frame); err != nil {
			return err
		}
	}
}

// muxed is one stream.
type muxed struct {
	stream multiplexv1.MultiplexService_HandleServer
	loop   func(*muxHandle) error
	loops  sync.WaitGroup

	mu      sync.Mutex // of sending, and of what follows
	handles map[int64]*muxHandle
}

func (m *muxed) take(frame *multiplexv1.HandleRequest) error {
	m.mu.Lock()
	h := m.handles[frame.GetHandle()]
	m.mu.Unlock()
	switch f := frame.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Open:
		h = newMuxHandle(m, frame.GetHandle())
		m.mu.Lock()
		m.handles[h.number] = h
		m.mu.Unlock()
		h.push(f.Open.GetMessage())
		m.loops.Go(func() { h.serve() })
	case *multiplexv1.HandleRequest_Message:
		h.push(f.Message)
	case *multiplexv1.HandleRequest_Credit:
		if h != nil {
			h.credit(f.Credit.GetBytes())
		}
	case *multiplexv1.HandleRequest_Close:
		if h == nil {
			return nil // it answers the function's last frame
		}
		if f.Close.GetReset_() {
			h.last(&multiplexv1.HandleResponse_Closed{Closed: new(multiplexv1.Closed)})
		}
		h.close(f.Close.GetReset_())
	default:
		return status.Error(codes.InvalidArgument, "an unexpected frame")
	}
	return nil
}

// release ends every loop.
func (m *muxed) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.handles {
		go h.close(true)
	}
}

// muxStream is a handle, to its loop a plain stream of these messages.
type muxStream[Q, A any] struct{ *muxHandle }

func (s muxStream[Q, A]) Recv() (*Q, error) {
	request := new(Q)
	message, _ := any(request).(proto.Message) // each is one
	if err := s.receive(message); err != nil {
		return nil, err
	}
	return request, nil
}

func (s muxStream[Q, A]) Send(response *A) error {
	message, _ := any(response).(proto.Message) // each is one
	return s.send(message)
}

// muxHandle is a handle.
type muxHandle struct {
	grpc.ServerStream
	*muxed

	number int64
	ctx    context.Context
	cancel context.CancelFunc

	state   sync.Mutex
	changed sync.Cond
	in      [][]byte
	balance int64
	closed  bool // half-closed
	reset   bool
}

func newMuxHandle(m *muxed, number int64) *muxHandle {
	h := &muxHandle{muxed: m, number: number, balance: window}
	h.changed.L = &h.state
	h.ctx, h.cancel = context.WithCancel(m.stream.Context())
	return h
}

func (h *muxHandle) serve() {
	defer h.cancel()
	if err := h.loop(h); err != nil {
		h.last(&multiplexv1.HandleResponse_Failure{Failure: &multiplexv1.Failure{
			Code: int32(status.Code(err)), Description: status.Convert(err).Message(),
		}})
		return
	}
	h.last(&multiplexv1.HandleResponse_Closed{Closed: new(multiplexv1.Closed)})
}

// last sends the last frame, once.
func (h *muxHandle) last(frame isResponse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handles[h.number] == h {
		delete(h.handles, h.number)
		response := &multiplexv1.HandleResponse{Handle: h.number}
		switch frame := frame.(type) {
		case *multiplexv1.HandleResponse_Closed:
			response.Frame = frame
		case *multiplexv1.HandleResponse_Failure:
			response.Frame = frame
		}
		_ = h.stream.Send(response) // the stream says why not
	}
}

// isResponse is a last frame.
type isResponse any

func (h *muxHandle) push(message []byte) {
	h.state.Lock()
	defer h.state.Unlock()
	h.in = append(h.in, message)
	h.changed.Broadcast()
}

func (h *muxHandle) credit(bytes int64) {
	h.state.Lock()
	defer h.state.Unlock()
	h.balance += bytes
	h.changed.Broadcast()
}

func (h *muxHandle) close(reset bool) {
	h.state.Lock()
	defer h.state.Unlock()
	h.closed = true
	if reset {
		h.reset = true
		h.cancel()
	}
	h.changed.Broadcast()
}

// Context ends with the handle.
func (h *muxHandle) Context() context.Context { return h.ctx }

// receive takes the next message, and gives its bytes back.
func (h *muxHandle) receive(request proto.Message) error {
	h.state.Lock()
	for len(h.in) == 0 && !h.closed {
		h.changed.Wait()
	}
	if h.reset || len(h.in) == 0 {
		h.state.Unlock()
		if h.reset {
			return status.Error(codes.Canceled, "reset")
		}
		return io.EOF
	}
	message := h.in[0]
	h.in = h.in[1:]
	h.state.Unlock()
	h.mu.Lock()
	if h.handles[h.number] == h {
		_ = h.stream.Send(&multiplexv1.HandleResponse{Handle: h.number, Frame: &multiplexv1.HandleResponse_Credit{
			Credit: &multiplexv1.Credit{Bytes: int64(len(message))},
		}})
	}
	h.mu.Unlock()
	return proto.Unmarshal(message, request)
}

// send waits for credit, and sends the message.
func (h *muxHandle) send(response proto.Message) error {
	message, err := proto.Marshal(response)
	if err != nil {
		return err
	}
	h.state.Lock()
	for int64(len(message)) > h.balance && h.balance != window && !h.reset {
		h.changed.Wait()
	}
	h.balance -= int64(len(message))
	h.state.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handles[h.number] != h {
		return status.Error(codes.Canceled, "reset")
	}
	return h.stream.Send(&multiplexv1.HandleResponse{Handle: h.number, Frame: &multiplexv1.HandleResponse_Message{Message: message}})
}
