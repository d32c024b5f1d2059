package sdk

import (
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
)

// lifecycle serves stateward.lifecycle.v1.LifecycleService: one Watch for each
// connection, on which both sides say how they are and take their leave.
type lifecycle struct {
	lifecyclev1.UnimplementedLifecycleServiceServer

	host   *Host
	health *Health
	grace  time.Duration // how long the function serves after its draining

	draining chan struct{} // closed once the function drains

	mu   sync.Mutex
	open int           // Watch calls
	gone chan struct{} // closed when open falls to 0; nil unless the function drains
}

// drain says on each Watch that the function is going to stop, and serves on until each
// has ended or the grace has passed (LIFE-DRAIN-001, LIFE-DRAIN-009). It is called once.
func (l *lifecycle) drain() {
	l.mu.Lock()
	close(l.draining)
	l.gone = make(chan struct{})
	if l.open == 0 {
		close(l.gone)
	}
	gone := l.gone
	l.mu.Unlock()

	late := time.NewTimer(l.grace)
	defer late.Stop()
	select {
	case <-gone:
	case <-late.C:
	}
}

// enter and leave count the calls of Watch.
func (l *lifecycle) enter() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
}

func (l *lifecycle) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.open == 0 && l.gone != nil {
		select {
		case <-l.gone: // one that began while the function drained already
		default:
			close(l.gone)
		}
	}
}

// Watch serves one call: health at once and at each change, draining when the function
// drains, and status OK after the proxy's half-close (LIFE-DRAIN-008).
func (l *lifecycle) Watch(stream grpc.BidiStreamingServer[lifecyclev1.WatchRequest, lifecyclev1.WatchResponse]) error {
	l.enter()
	defer l.leave()
	requests := make(chan received[lifecyclev1.WatchRequest])
	l.host.readers.Go(func() { receive(stream, requests) })
	w := watch{lifecycle: l, stream: stream, draining: l.draining}
	for {
		select {
		case <-l.host.stopping:
			return status.Error(codes.Unavailable, "the function is stopping")
		case next := <-requests:
			if errors.Is(next.err, io.EOF) {
				return nil
			}
			if next.err != nil {
				return next.err
			}
			if err := w.hear(next.request); err != nil {
				return err
			}
		case <-w.changed:
			if err := w.sayHealth(); err != nil {
				return err
			}
		case <-w.leaving():
			if err := w.sayDraining(); err != nil {
				return err
			}
		}
	}
}

// watch is what was said on one Watch.
type watch struct {
	lifecycle *lifecycle
	stream    grpc.BidiStreamingServer[lifecyclev1.WatchRequest, lifecyclev1.WatchResponse]

	started  bool            // the proxy has sent start, and has got health
	leaves   bool            // the proxy has sent draining
	changed  <-chan struct{} // the health that was said is no longer so; nil before start
	draining <-chan struct{} // the function drains; nil once that was said
}

// hear takes one message of the proxy (LIFE-WATCH-002). That the proxy is going to stop
// changes nothing here: what it sends is answered as before (LIFE-STOP-008).
func (w *watch) hear(request *lifecyclev1.WatchRequest) error {
	switch message := request.GetMessage().(type) {
	case *lifecyclev1.WatchRequest_Start:
		if w.started {
			return status.Error(codes.InvalidArgument, "a second start (LIFE-WATCH-002)")
		}
		w.started = true
		return w.sayHealth()
	case *lifecyclev1.WatchRequest_Draining:
		if !w.started || w.leaves {
			return status.Error(codes.InvalidArgument, "a draining before start, or a second one (LIFE-WATCH-002)")
		}
		w.leaves = true
		w.lifecycle.host.Log.InfoContext(w.stream.Context(), "the proxy is going to stop",
			"grace", time.Duration(message.Draining.GetGrace())*time.Millisecond)
		return nil
	default:
		return status.Error(codes.InvalidArgument, "a message in which no case is set (LIFE-WATCH-002)")
	}
}

// sayHealth sends how the function is (LIFE-HEALTH-001).
func (w *watch) sayHealth() error {
	serving, reason, changed := w.lifecycle.health.now()
	w.changed = changed
	health := &lifecyclev1.FunctionHealth{Status: lifecyclev1.HealthStatus_HEALTH_STATUS_SERVING}
	if !serving {
		health = &lifecyclev1.FunctionHealth{Status: lifecyclev1.HealthStatus_HEALTH_STATUS_NOT_SERVING, Reason: reason}
	}
	return w.stream.Send(&lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Health{Health: health}})
}

// leaving is closed when draining is to be said, which is not before the first health
// (LIFE-WATCH-007), and once.
func (w *watch) leaving() <-chan struct{} {
	if !w.started {
		return nil
	}
	return w.draining
}

// sayDraining sends that the function is going to stop.
func (w *watch) sayDraining() error {
	w.draining = nil
	return w.stream.Send(&lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Draining{
		Draining: &lifecyclev1.FunctionDraining{Grace: w.lifecycle.grace.Milliseconds()},
	}})
}
