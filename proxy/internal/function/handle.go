package function

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/multiplex"
)

// handle is the stream of one activation on a multiplexed stream. No goroutine
// belongs to it.
type handle struct {
	stream   *multiplexed
	frames   *multiplex.Handle
	ctx      context.Context
	uncancel func() bool
	// service and id are the entity's, for reports; written by the first Send.
	service, id string

	// changed is told when what follows has changed, under the stream's mu.
	changed sync.Cond
	inbox   [][]byte // messages that were not taken, oldest first
	end     error    // what Recv returns behind them; nil before
	acked   bool     // the entity may have another activation
	resets  bool     // ctx has ended
	overdue *time.Timer
	wake    func() // see Follow; nil while nobody follows
	// progress is when a message was sent last, or began to wait where none did.
	progress time.Time
}

var (
	_ Stream   = (*handle)(nil)
	_ Follower = (*handle)(nil)
)

// Terms are those of the connection.
func (h *handle) Terms() entity.Terms { return h.stream.conn.terms }

// Send queues the message, and waits while so much lacks credit that it fills a window.
func (h *handle) Send(message proto.Message) error {
	data, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	if h.service == "" {
		h.service, h.id = entityOf(message)
	}
	m := h.stream
	m.mu.Lock()
	defer m.mu.Unlock()
	for h.alive() && h.frames.Queued() > 0 && h.frames.Queued()+len(data) > multiplex.Window {
		h.changed.Wait()
	}
	if !h.alive() {
		return io.EOF
	}
	if h.frames.Queued() == 0 {
		h.progress = time.Now()
	}
	m.machine.Send(h.frames, data)
	m.poke()
	return nil
}

// entityOf returns whose init the message is.
func entityOf(message proto.Message) (service, id string) {
	switch message := message.(type) {
	case *eventsourcedv1.HandleRequest:
		return message.GetInit().GetServiceName(), message.GetInit().GetEntityId()
	case *valuev1.HandleRequest:
		return message.GetInit().GetServiceName(), message.GetInit().GetEntityId()
	case *replicatedv1.HandleRequest:
		return message.GetInit().GetServiceName(), message.GetInit().GetEntityId()
	default:
		return "", ""
	}
}

// alive reports whether the handle takes messages. The caller holds the stream's mu.
func (h *handle) alive() bool { return h.end == nil && !h.resets }

// Recv returns the next message. The end comes only when the entity may have another
// activation (MUX-USE-005).
func (h *handle) Recv() (proto.Message, error) {
	data, err, _ := h.next(true)
	return h.read(data, err)
}

// Next is Recv without a wait.
func (h *handle) Next() (message proto.Message, err error, ok bool) {
	data, err, ok := h.next(false)
	if !ok {
		return nil, nil, false
	}
	message, err = h.read(data, err)
	return message, err, true
}

// Follow has wake called whenever Next may have more.
func (h *handle) Follow(wake func()) {
	h.stream.mu.Lock()
	h.wake = wake
	h.stream.mu.Unlock()
	wake()
}

// read reads a message of the kind; err is passed on.
func (h *handle) read(data []byte, err error) (proto.Message, error) {
	if err != nil {
		return nil, err
	}
	return h.stream.conn.read(h.stream.kind, data)
}

// next takes the next message or the end, and gives the message's bytes back to the
// function. It waits for one where it may; ok says whether there is one.
func (h *handle) next(wait bool) (data []byte, err error, ok bool) {
	m := h.stream
	m.mu.Lock()
	defer m.mu.Unlock()
	for wait && len(h.inbox) == 0 && !h.over() {
		h.changed.Wait()
	}
	if len(h.inbox) == 0 {
		return nil, h.end, h.over()
	}
	data = h.inbox[0]
	h.inbox[0] = nil
	if h.inbox = h.inbox[1:]; len(h.inbox) == 0 {
		h.inbox = nil // an idle entity keeps nothing
	}
	m.machine.Taken(h.frames, len(data))
	m.poke()
	return data, nil, true
}

// over reports whether the end may be told. The caller holds the stream's mu.
func (h *handle) over() bool { return h.end != nil && h.acked }

// stir tells who follows. The caller does not hold the stream's mu.
func (h *handle) stir() {
	h.stream.mu.Lock()
	wake := h.wake
	h.stream.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// CloseSend closes the handle behind its messages.
func (h *handle) CloseSend() error {
	m := h.stream
	m.mu.Lock()
	if !h.alive() {
		m.mu.Unlock()
		return io.EOF
	}
	m.machine.Close(h.frames)
	unopened := h.frames.Gone()
	if unopened {
		h.finish(io.EOF)
		delete(m.live, h)
	}
	m.mu.Unlock()
	m.poke()
	if unopened {
		h.stir()
		h.released()
	}
	return nil
}

// Retired is closed when the function drains.
func (h *handle) Retired() <-chan struct{} { return h.stream.conn.draining }

// Err returns why the function takes no further command now.
func (h *handle) Err() error { return h.stream.client.pool.well(h.stream.conn) }

// reset resets the handle at the end of its ctx.
func (h *handle) reset() {
	m := h.stream
	m.mu.Lock()
	h.resets = true
	over, starved := h.over(), false
	if !over && m.over == nil {
		h.inbox = nil
		h.end = fault.FromContext(h.ctx)
		starved = h.frames.Starved() && time.Since(h.progress) >= longestStarved
		if over = !m.machine.Reset(h.frames); over {
			h.acked = true
			delete(m.live, h)
		}
	} else {
		over = false // it was released already
	}
	h.changed.Broadcast()
	m.mu.Unlock()
	m.poke()
	h.stir()
	if starved {
		h.report(discoveryv1.Severity_SEVERITY_ERROR, "MUX-CREDIT-007", "a message has waited for credit until the entity's time was over")
	}
	if over {
		h.released()
	}
}

// take takes what the function has said. The caller holds the stream's mu.
func (h *handle) take(said multiplex.Said) {
	if said.Message != nil {
		h.inbox = append(h.inbox, said.Message)
	}
	if said.End != nil && h.end == nil {
		h.end = h.reason(said.End)
	}
	if said.Acknowledged {
		h.acked = true
		delete(h.stream.live, h)
		if h.overdue != nil {
			h.overdue.Stop()
		}
	}
	h.changed.Broadcast()
}

// reason is what Recv returns at an end.
func (h *handle) reason(end error) error {
	if errors.Is(end, multiplex.ErrClosed) {
		return io.EOF
	}
	if failed, ok := errors.AsType[*multiplex.Failed](end); ok {
		return status.Error(codes.Code(failed.Code), failed.Description)
	}
	return fault.Told("the function broke the multiplexed stream's rules: " + end.Error()) // by tell
}

// finish ends the handle with its stream. The caller holds the stream's mu.
func (h *handle) finish(err error) {
	if h.end == nil {
		h.end = err
	}
	h.acked = true
	if h.overdue != nil {
		h.overdue.Stop()
	}
	h.changed.Broadcast()
}

// tell does what follows from an end, without the stream's mu.
func (h *handle) tell(said multiplex.Said) {
	if wrong, ok := errors.AsType[*multiplex.Mistake](said.End); ok {
		h.report(discoveryv1.Severity_SEVERITY_ERROR, wrong.Requirement, wrong.Text)
	}
	if said.Long {
		h.report(discoveryv1.Severity_SEVERITY_WARNING, "MUX-FAIL-003", "the description of a failure is too long: its beginning is read")
	}
	if said.Acknowledged {
		h.released()
	}
}

func (h *handle) report(severity discoveryv1.Severity, requirement, text string) {
	h.stream.client.Report(&discoveryv1.ReportErrorRequest{
		Severity: severity, Code: requirement, Message: text, ServiceName: h.service, EntityId: h.id,
	})
}

// released notes that the handle is no more; once for each.
func (h *handle) released() {
	h.uncancel()
	h.stream.client.config.Observer.Streams(-1)
	h.stream.client.pool.free()
}
