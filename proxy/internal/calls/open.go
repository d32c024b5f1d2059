package calls

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
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
	if o.call.Shape.Requests() || len(o.call.Request) > small {
		o.held = make(chan struct{}, action.Held)
		o.commands = make(chan action.Effect, action.Held+2) // and the opening, and the half-close
		o.beside(o.send)
	}
	o.step(action.Opened{})
	o.beside(o.hear)
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

// next waits for what happens next. It takes no further response while as many wait as
// may (ACT-FLOW-001). The end of the caller's call, and of the proxy, comes before
// everything else: the function's call has ended with it.
func (o *open) next() action.Input {
	responses := o.responses
	if !o.machine.Room() {
		responses = nil
	}
	var late <-chan time.Time
	if o.late != nil {
		late = o.late.C
	}
	var in action.Input
	select {
	case in = <-o.requests:
	case in = <-responses:
	case in = <-o.done:
	case <-late:
		in = action.TimedOut{}
	case <-o.ctx.Done():
	case <-o.calls.ctx.Done():
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

// step steps the machine and performs its effects in order.
func (o *open) step(in action.Input) {
	for in != nil {
		o.effects = o.machine.Step(in, o.effects[:0])
		in = nil
		for _, effect := range o.effects {
			if answer := o.perform(effect); answer != nil {
				in = answer
			}
		}
		clear(o.effects) // A call that waits keeps no payload alive.
	}
}

// perform does one effect. What is done at once is answered at once.
func (o *open) perform(effect action.Effect) action.Input {
	switch effect := effect.(type) {
	case action.Send:
		o.command(effect)
	case action.HalfClose:
		o.commands <- effect // There is room: held sees to that.
	case action.Watch:
		o.late = time.NewTimer(o.calls.config.CallTimeout)
	case action.Settle:
		return o.settle(effect)
	case action.Give:
		return o.give(effect.Reply)
	case action.Cancel:
		o.cancel()
	case action.Finish:
		o.finished, o.err = true, effect.Err
	case action.Report:
		o.report(effect.Report)
	}
	return nil
}

// command sends a command, or has it sent.
func (o *open) command(effect action.Send) {
	if o.commands != nil {
		o.commands <- effect // There is room: held sees to that.
		return
	}
	_ = o.stream.Send(effect.Command) // Recv tells why.
}

// settle settles a response: at once where that takes no time.
func (o *open) settle(settle action.Settle) action.Input {
	work := func() action.Input {
		item, err := o.call.Settle(o.ctx, settle)
		return action.Settled{Reply: item, Err: err}
	}
	if !waits(settle) {
		return work()
	}
	o.beside(func() { o.done <- work() }) // There is room: one response at a time.
	return nil
}

// waits reports whether settling takes time.
func waits(settle action.Settle) bool {
	for _, effect := range settle.SideEffects {
		if effect.GetSynchronous() {
			return true
		}
	}
	return settle.Forward != nil
}

// give gives the caller an item. Where others may follow, the caller's requests do not
// wait for it.
func (o *open) give(item Item) action.Input {
	if !o.call.Shape.Responses() {
		return action.Given{Err: o.call.Caller.Send(item)}
	}
	o.beside(func() { o.done <- action.Given{Err: o.call.Caller.Send(item)} }) // There is room.
	return nil
}

func (o *open) report(report entity.Report) {
	o.calls.config.Log.Warn("the function broke a requirement", "service", o.call.Service,
		"requirement", report.Requirement, "text", report.Text)
	o.calls.config.Reporter.Report(o.ctx, entity.ID{Service: o.call.Service}, report)
}

// hear passes on what the function says until its call is over.
func (o *open) hear() {
	for {
		var in action.Input
		response, err := o.stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			in = action.Ended{}
		case err != nil:
			in = action.Ended{Err: err}
		default:
			in = action.Responded{Response: response}
		}
		if !o.pass(o.responses, in) || response == nil {
			return
		}
	}
}

// hearCaller passes on what a caller says that streams its requests, as long as there
// is room.
func (o *open) hearCaller() {
	for {
		select {
		case o.held <- struct{}{}:
		case <-o.function.Done():
			return
		}
		request, err := o.call.Caller.Receive()
		switch {
		case errors.Is(err, io.EOF):
			o.pass(o.requests, action.HalfClosed{})
			return
		case err != nil:
			o.pass(o.requests, action.Refused{Err: err})
			return
		}
		if !o.pass(o.requests, action.Requested{Request: request}) {
			return
		}
	}
}

// pass hands the input to the machine. It reports whether that was of any use: when
// the call is over, nobody takes it.
func (o *open) pass(to chan<- action.Input, in action.Input) bool {
	select {
	case to <- in:
		return true
	case <-o.function.Done():
		return false
	}
}

// send sends the commands in their order.
func (o *open) send() {
	for {
		select {
		case effect := <-o.commands:
			send, is := effect.(action.Send)
			if !is {
				_ = o.stream.CloseSend() // Recv tells why.
				return
			}
			_ = o.stream.Send(send.Command) // Recv tells why.
			if send.Command.GetName() == "" {
				<-o.held
			}
		case <-o.function.Done():
			return
		}
	}
}

// beside runs work on a goroutine of the call's.
func (o *open) beside(work func()) {
	o.holders.Add(1)
	o.calls.running.Go(func() {
		defer o.leave()
		work()
	})
}

// leave gives the slot back with the last goroutine of the call.
func (o *open) leave() {
	if o.holders.Add(-1) == 0 {
		<-o.calls.slots
		o.call.Over()
	}
}
