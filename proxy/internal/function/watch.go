package function

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

const (
	// firstHealth is how long the function may take to say how it is (LIFE-WATCH-003).
	firstHealth = 10 * time.Second
	// A Watch that has ended is called again after a pause, which doubles from the
	// shortest to the longest (LIFE-WATCH-005).
	shortestWatchPause = time.Second
	longestWatchPause  = time.Minute
	// longestReason is how many bytes the function's reason may have (LIFE-HEALTH-006).
	longestReason = 1024
)

// watch is the call of Watch on one connection, and the next one after its end.
type watch struct {
	client *Client
	conn   *connection
	// ended is closed when run has returned, or Watch is not called at all.
	ended chan struct{}

	mu       sync.Mutex
	stream   grpc.ClientStream // of the call; nil between two
	parted   bool              // that the stream has carried draining
	finished bool              // that the proxy has half-closed, or does so at once
}

func newWatch(c *Client, conn *connection) *watch {
	return &watch{client: c, conn: conn, ended: make(chan struct{})}
}

// run calls Watch, again and again, until the end of ctx or until it needs to be
// called no more.
func (w *watch) run(ctx context.Context) {
	defer close(w.ended)
	w.client.joinDrain(w)
	defer w.client.leaveDrain(w)
	silent := time.AfterFunc(firstHealth, w.presume)
	defer silent.Stop()
	for pause := shortestWatchPause; ; pause = min(2*pause, longestWatchPause) {
		err := w.call(ctx)
		if w.isFinished() || w.conn.isDraining() || ctx.Err() != nil || w.conn.transport.isLost() {
			return
		}
		if status.Code(err) == codes.Unimplemented {
			w.say(serving, "")
			w.report(discoveryv1.Severity_SEVERITY_WARNING, "LIFE-WATCH-011", "the function announces CAPABILITY_LIFECYCLE and does not serve Watch")
			return
		}
		w.begun()
		wait(ctx, pause)
	}
}

// call makes one call of Watch, and returns how it has ended.
func (w *watch) call(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.conn.grpc.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, w.conn.dialect.Watch)
	if err != nil {
		return err
	}
	if err := w.begin(stream); err != nil {
		return err
	}
	defer w.forget()
	said := hearing{}
	for {
		in := &received{message: new(lifecyclev1.WatchResponse)}
		err := w.conn.receive(stream, in)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if wrong := said.take(in); wrong != "" {
			w.report(discoveryv1.Severity_SEVERITY_ERROR, "LIFE-WATCH-007", wrong)
			return nil // by cancel
		}
		w.take(in.message.(*lifecyclev1.WatchResponse)) //nolint:forcetypeassert // it was made so above
	}
}

// hearing is what the function has said on one call of Watch. It is pure.
type hearing struct{ health, draining bool }

// take returns what is wrong with the next message; empty when nothing is.
func (h *hearing) take(in *received) string {
	if in.err != nil {
		return "a message on Watch cannot be read: " + in.err.Error()
	}
	message, _ := in.message.(*lifecyclev1.WatchResponse)
	switch message.GetMessage().(type) {
	case *lifecyclev1.WatchResponse_Health:
		h.health = true
	case *lifecyclev1.WatchResponse_Draining:
		if !h.health {
			return "draining comes on Watch before the first health"
		}
		if h.draining {
			return "draining comes on Watch a second time"
		}
		h.draining = true
	default:
		return "a message on Watch has no case set"
	}
	return ""
}

// take notes what the function says.
func (w *watch) take(message *lifecyclev1.WatchResponse) {
	if message.GetDraining() != nil {
		w.client.config.Log.Info("the user function drains", "grace", time.Duration(max(message.GetDraining().GetGrace(), 0))*time.Millisecond)
		w.client.pool.drain(w.conn)
		w.client.changed()
		return
	}
	reason := message.GetHealth().GetReason()
	if len(reason) > longestReason {
		w.report(discoveryv1.Severity_SEVERITY_WARNING, "LIFE-HEALTH-006", "the reason of the function's health is too long: its beginning is read")
		reason = entity.Shorten(reason, longestReason)
	}
	if message.GetHealth().GetStatus() == lifecyclev1.HealthStatus_HEALTH_STATUS_NOT_SERVING {
		w.say(notServing, reason)
	} else {
		w.say(serving, "") // a status that the proxy does not know among them
	}
}

// say notes how the function is.
func (w *watch) say(health health, reason string) {
	w.client.pool.feel(w.conn, health, reason)
	w.client.changed()
}

// begun takes a function that has said nothing yet for one that serves, since its
// Watch has ended (LIFE-WATCH-004).
func (w *watch) begun() bool {
	silent := w.client.pool.begin(w.conn)
	if silent {
		w.client.changed()
	}
	return silent
}

// presume takes a function that says nothing for one that serves (LIFE-WATCH-004).
func (w *watch) presume() {
	if w.begun() {
		w.report(discoveryv1.Severity_SEVERITY_WARNING, "LIFE-HEALTH-001", "the function has not said on Watch within 10 s how it is")
	}
}

func (w *watch) report(severity discoveryv1.Severity, requirement, text string) {
	w.client.Report(&discoveryv1.ReportErrorRequest{Severity: severity, Code: requirement, Message: text})
}

// begin sends what each call of Watch begins with.
func (w *watch) begin(stream grpc.ClientStream) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := stream.SendMsg(&lifecyclev1.WatchRequest{Message: &lifecyclev1.WatchRequest_Start{Start: new(lifecyclev1.WatchStart)}})
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w.stream = stream
	if w.finished {
		return stream.CloseSend()
	}
	if grace, drains := w.client.drains(); drains {
		return w.sendDraining(grace)
	}
	return nil
}

// drain says that the proxy drains.
func (w *watch) drain(grace time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stream != nil && !w.finished {
		_ = w.sendDraining(grace) // the stream says why not
	}
}

// sendDraining says that the proxy drains, once on each call. The caller holds mu.
func (w *watch) sendDraining(grace time.Duration) error {
	if w.parted {
		return nil
	}
	w.parted = true
	return w.stream.SendMsg(&lifecyclev1.WatchRequest{Message: &lifecyclev1.WatchRequest_Draining{
		Draining: &lifecyclev1.ProxyDraining{Grace: grace.Milliseconds()},
	}})
}

// finish half-closes Watch, and waits so long for the function to end it.
func (w *watch) finish(patience time.Duration) {
	w.mu.Lock()
	w.finished = true
	if w.stream != nil {
		_ = w.stream.CloseSend() // the stream says why not
	}
	w.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-w.conn.transport.lost:
	case <-timer.C:
	}
}

// forget notes that the call has ended.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stream, w.parted = nil, false
}

func (w *watch) isFinished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.finished
}
