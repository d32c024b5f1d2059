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
	until    time.Time     // how long it then does; not read before

	mu sync.Mutex
	// awaited are closed one by one, each when what it stands for has ended: a Watch, or
	// a connection whose Watch broke. A drain waits for all of them.
	awaited map[<-chan struct{}]struct{}
}

func newLifecycle(host *Host, health *Health, grace time.Duration) *lifecycle {
	return &lifecycle{
		host: host, health: health, grace: grace,
		draining: make(chan struct{}), awaited: map[<-chan struct{}]struct{}{},
	}
}

// drain says on each Watch that the function is going to stop, and serves on until the
// proxy has left it or the grace has passed (LIFE-DRAIN-001, LIFE-DRAIN-009). It is called
// once.
func (l *lifecycle) drain() {
	late := time.NewTimer(l.grace)
	defer late.Stop()
	l.until = time.Now().Add(l.grace)
	close(l.draining)
	for ended := l.next(nil); ended != nil; ended = l.next(ended) {
		select {
		case <-ended:
		case <-late.C:
			return
		}
	}
}

// next returns what a drain waits for besides what has ended; nil for nothing.
func (l *lifecycle) next(ended <-chan struct{}) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.awaited, ended)
	for other := range l.awaited {
		return other
	}
	return nil
}

// enter notes a Watch, which ends when the channel is closed.
func (l *lifecycle) enter(ended <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.awaited[ended] = struct{}{}
}

// leave notes the end of a Watch. What is then waited for in its place, the end of its
// connection, is nil where nothing is.
func (l *lifecycle) leave(ended chan struct{}, instead <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if instead != nil {
		l.awaited[instead] = struct{}{}
	}
	delete(l.awaited, ended)
	close(ended)
}

// Watch serves one call: health at once and at each change, draining when the function
// drains, and status OK after the proxy's half-close (LIFE-DRAIN-008). A call that breaks
// behind draining ends nothing but itself: its connection is served on (LIFE-DRAIN-001).
func (l *lifecycle) Watch(stream grpc.BidiStreamingServer[lifecyclev1.WatchRequest, lifecyclev1.WatchResponse]) error {
	ended := make(chan struct{})
	l.enter(ended)
	w := watch{lifecycle: l, stream: stream, draining: l.draining}
	err := w.serve()
	var instead <-chan struct{}
	if err != nil && w.draining == nil {
		instead = connectionOf(stream.Context()).ended
	}
	l.leave(ended, instead)
	return err
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

// serve says and hears, until the proxy half-closes, which is nil, or until the status
// with which the call ends.
func (w *watch) serve() error {
	requests := make(chan received[lifecyclev1.WatchRequest])
	w.lifecycle.host.readers.Go(func() { receive(w.stream, requests) })
	for {
		var err error
		select {
		case <-w.lifecycle.host.stopping:
			return status.Error(codes.Unavailable, "the function is stopping")
		case <-w.stream.Context().Done(): // receive may have gone without a word
			return status.FromContextError(w.stream.Context().Err()).Err()
		case next := <-requests:
			if errors.Is(next.err, io.EOF) {
				return nil
			}
			if err = next.err; err == nil {
				err = w.hear(next.request)
			}
		case <-w.changed:
			err = w.sayHealth()
		case <-w.leaving():
			err = w.sayDraining()
		}
		if err != nil {
			return err
		}
	}
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

// sayDraining sends that the function is going to stop, and what is left of its grace: at
// least a millisecond, for 0 would state none.
func (w *watch) sayDraining() error {
	w.draining = nil
	grace := max(1, time.Until(w.lifecycle.until).Milliseconds())
	return w.stream.Send(&lifecyclev1.WatchResponse{Message: &lifecyclev1.WatchResponse_Draining{
		Draining: &lifecyclev1.FunctionDraining{Grace: grace},
	}})
}
