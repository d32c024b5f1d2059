package calls

import (
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
)

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
		o.watch()
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

// watch lets late fire in time. Where nobody waits for that, it resets the call.
func (o *open) watch() {
	if o.alone {
		o.late = time.AfterFunc(o.calls.config.CallTimeout, o.cancel)
		return
	}
	o.late = time.NewTimer(o.calls.config.CallTimeout)
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
