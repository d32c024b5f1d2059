package calls

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// small is a request in bytes that a fresh stream takes at once: HTTP/2 gives each a
// window of 64 KiB, and no function makes it smaller without need.
const small = 32 << 10

// open is one call that is open. What has no other word belongs to the goroutine of
// Run.
type open struct {
	calls *Calls
	call  Call
	// ctx is the caller's.
	ctx context.Context
	// function is that of the function's call, and cancel resets it.
	function context.Context
	cancel   context.CancelFunc
	stream   Stream
	machine  *action.Machine
	// holders counts the goroutines of the call; the last one gives the slot back.
	holders atomic.Int32

	// requests, responses and done bring what the other goroutines have to say.
	requests, responses, done chan action.Input
	// commands are those that a goroutine sends, since they may have to wait; nil
	// where the one command does not.
	commands chan action.Effect
	// held has a token for each request that is taken and not sent (ACT-FLOW-001).
	held chan struct{}
	// late fires when the function has taken too long; nil while nobody watches.
	late *time.Timer
	// alone says that no goroutine stands beside this one: there is one small request
	// and one response, so that hearing the function is all that there is to wait for,
	// until its call is over.
	alone bool

	// effects is reused from step to step.
	effects  []action.Effect
	finished bool
	err      error
}

// open makes the call of the function. It waits for a stream no longer than it may.
func (o *open) open() error {
	patience := o.calls.config.OpenTimeout
	if o.call.Patience > 0 {
		patience = o.call.Patience
	}
	giveUp := time.AfterFunc(patience, o.cancel)
	stream, err := o.calls.config.Functions.Call(o.function, o.call.Shape)
	inTime := giveUp.Stop()
	if err == nil && inTime {
		o.stream = stream
		o.machine = action.New(o.call.Call, stream.Terms())
		return nil
	}
	switch {
	case o.ctx.Err() != nil:
		return fault.FromContext(o.ctx)
	case o.calls.ctx.Err() != nil:
		return errStopping()
	case !inTime: // DISC-INC-010
		return fault.New(fault.Unavailable, "the user function took no call in %v: it may serve only so many at once", patience)
	default:
		o.calls.config.Log.Warn("no call of the function", "service", o.call.Service, "method", o.call.Method, "error", err)
		return unopened(err)
	}
}

// unopened is what a caller hears of a function that takes no call.
func unopened(err error) error {
	if _, known := errors.AsType[*fault.Error](err); known {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Text: "the user function takes no call now", Err: err}
}

func errStopping() error { return fault.New(fault.Unavailable, "the proxy is stopping") }

// run feeds the machine until the caller's call is over.
func (o *open) run() error {
	o.responses, o.done = make(chan action.Input), make(chan action.Input, 1)
	o.alone = o.call.Shape == wire.Unary && len(o.call.Request) <= small
	if o.call.Shape.Requests() || len(o.call.Request) > small {
		o.held = make(chan struct{}, action.Held)
		o.commands = make(chan action.Effect, action.Held+2) // and the opening, and the half-close
		o.beside(o.send)
	}
	o.step(action.Opened{})
	if !o.alone {
		o.beside(o.hear)
	}
	if o.call.Shape.Requests() {
		o.requests = make(chan action.Input)
		o.beside(o.hearCaller)
	}
	for !o.finished {
		o.step(o.next())
	}
	if o.late != nil {
		o.late.Stop()
	}
	return o.err
}

// next waits for what happens next. The end of the caller's call, and of the proxy, comes
// before everything else: the function's call has ended with it.
func (o *open) next() action.Input {
	var in action.Input
	if o.alone {
		in = o.heard()
	} else {
		in = o.happened()
	}
	switch {
	case o.ctx.Err() != nil:
		return action.Gone{Deadline: errors.Is(o.ctx.Err(), context.DeadlineExceeded)}
	case o.calls.ctx.Err() != nil:
		return action.Refused{Err: errStopping()}
	default:
		return in
	}
}

// heard waits for what the function says, and for nothing else: whatever ends the call
// resets it.
func (o *open) heard() action.Input {
	response, err := o.stream.Recv()
	if err == nil {
		return action.Responded{Response: response}
	}
	o.alone = false
	if !o.late.Stop() {
		return action.TimedOut{}
	}
	return ended(err)
}

// ended is the end of the function's call.
func ended(err error) action.Input {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return action.Ended{Err: err}
}

// happened waits for what comes from the goroutines beside this one. It takes no
// further response while as many wait as may (ACT-FLOW-001).
func (o *open) happened() action.Input {
	responses := o.responses
	if !o.machine.Room() {
		responses = nil
	}
	var late <-chan time.Time
	if o.late != nil {
		late = o.late.C
	}
	select {
	case in := <-o.requests:
		return in
	case in := <-responses:
		return in
	case in := <-o.done:
		return in
	case <-late:
		return action.TimedOut{}
	case <-o.ctx.Done():
		return nil // next knows.
	case <-o.calls.ctx.Done():
		return nil
	}
}
