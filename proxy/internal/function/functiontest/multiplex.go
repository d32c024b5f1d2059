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
)

// window is what either side may send on a handle that has taken nothing yet.
const window = 65536

// Multiplexed serves multiplexed streams of counters: one loop for each handle, one
// reader and one writer for the stream.
type Multiplexed struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	// Serve serves one handle as a plain stream.
	Serve func(eventsourcedv1.EventSourcedService_HandleServer) error
}

// Handle serves one stream.
func (s Multiplexed) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	first, err := stream.Recv()
	if err != nil || first.GetStart() == nil {
		return status.Error(codes.InvalidArgument, "the first frame is not start")
	}
	m := &muxed{stream: stream, handles: map[int64]*muxHandle{}}
	defer m.loops.Wait()
	defer m.release()
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := m.take(s, frame); err != nil {
			return err
		}
	}
}

// muxed is one stream.
type muxed struct {
	stream multiplexv1.MultiplexService_HandleServer
	loops  sync.WaitGroup

	mu      sync.Mutex // of sending, and of what follows
	handles map[int64]*muxHandle
}

func (m *muxed) take(s Multiplexed, frame *multiplexv1.HandleRequest) error {
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
		m.loops.Go(func() { h.serve(s) })
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

// muxHandle is a handle, to its loop a plain stream.
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

func (h *muxHandle) serve(s Multiplexed) {
	defer h.cancel()
	if err := s.Serve(h); err != nil {
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

// Recv takes the next message, and gives its bytes back.
func (h *muxHandle) Recv() (*eventsourcedv1.HandleRequest, error) {
	h.state.Lock()
	for len(h.in) == 0 && !h.closed {
		h.changed.Wait()
	}
	if h.reset || len(h.in) == 0 {
		h.state.Unlock()
		if h.reset {
			return nil, status.Error(codes.Canceled, "reset")
		}
		return nil, io.EOF
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
	request := new(eventsourcedv1.HandleRequest)
	return request, proto.Unmarshal(message, request)
}

// Send waits for credit, and sends the message.
func (h *muxHandle) Send(response *eventsourcedv1.HandleResponse) error {
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
