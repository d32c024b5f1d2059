package runtime

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// step steps the machine and performs its effects in order.
func (a *activation) step(in entity.Input) {
	a.effects = a.machine.Step(in, a.effects[:0])
	for _, effect := range a.effects {
		a.perform(effect)
	}
	clear(a.effects) // An idle entity keeps no payload alive.
	a.hurry()
}

// perform does one effect.
func (a *activation) perform(effect entity.Effect) {
	switch effect := effect.(type) {
	case entity.Send:
		a.send(effect.Message)
	case entity.Persist:
		a.persist(effect)
	case entity.Apply:
		a.apply(effect)
	case entity.Answered:
		a.answered(effect.Command)
	case entity.Complete:
		a.complete(effect)
	case entity.Start:
		a.runtime.config.Start(a.id, effect)
	case entity.Requeue:
		a.again(effect.Commands)
	case entity.Wait:
		a.wait(effect)
	case entity.Report:
		a.report(effect)
	case entity.Close:
		a.last = &effect
	}
}

// send sends a message. A function that does not read it has the time of a command.
func (a *activation) send(message proto.Message) {
	if a.broken {
		return
	}
	a.delegate() // Send may wait.
	a.spoke = time.Now()
	if !a.watchdog.armed && !a.ended {
		a.watchdog.arm(a.runtime.config.CommandTimeout)
		defer a.watchdog.disarm()
	}
	if a.stream.Send(message) != nil {
		a.broken = true // Recv tells why.
	}
}

// apply changes a shared entity.
func (a *activation) apply(effect entity.Apply) {
	a.answered(effect.Command)
	a.copy.Apply(effect, func(err error) { a.post(entity.Spread{Apply: effect.Apply, Err: err}) })
}

// find returns the outstanding command with the id; nil when there is none.
func (a *activation) find(id int64) *call {
	for _, c := range a.outstanding {
		if c.id == id {
			return c
		}
	}
	return nil
}

// answered notes that the function has answered the command: the rest is the
// store's time.
func (a *activation) answered(id int64) {
	if c := a.find(id); c != nil {
		c.answer()
	}
}

// complete answers the command's caller.
func (a *activation) complete(effect entity.Complete) {
	c := a.find(effect.Command)
	if c == nil {
		return
	}
	told := tells(effect.Outcome)
	if told {
		c.answer()
	}
	c.answered = true
	if told && !a.holds() {
		effect.Outcome = a.void(c, effect.Outcome)
	}
	if !effect.More {
		a.drop(c)
		a.mu.Lock()
		defer a.mu.Unlock()
		c.complete(effect.Outcome)
		return
	}
	if !c.respond(effect.Outcome) {
		a.post(entity.Gone{Command: c.id})
	}
}

// drop takes the command out of those that are outstanding.
func (a *activation) drop(c *call) {
	a.outstanding = slices.DeleteFunc(a.outstanding, func(other *call) bool { return other == c })
	if len(a.outstanding) == 0 {
		a.outstanding = nil // An idle entity keeps no array.
	}
}

// again puts commands back to the head of the mailbox.
func (a *activation) again(ids []int64) {
	var calls []*call
	for _, id := range ids {
		if c := a.find(id); c != nil {
			a.drop(c)
			calls = append(calls, c)
		}
	}
	a.requeue(calls)
}

func (a *activation) report(report entity.Report) {
	a.runtime.config.Log.Warn("the function broke a requirement", "entity", a.id,
		"requirement", report.Requirement, "text", report.Text)
	a.runtime.config.Reporter.Report(a.runtime.ctx, a.id, report)
}
