package calls

import (
	"errors"
	"io"

	"github.com/stateward/stateward/proxy/internal/entity/action"
)

// hear passes on what the function says until its call is over.
func (o *open) hear() {
	for {
		response, err := o.stream.Recv()
		if err != nil {
			o.pass(o.responses, ended(err))
			return
		}
		if !o.pass(o.responses, action.Responded{Response: response}) {
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
