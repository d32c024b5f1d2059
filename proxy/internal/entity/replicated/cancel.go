package replicated

import (
	"slices"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// How many cancellations there may be: outstanding at once, others wait to be sent;
// and overdue, which a function that never answers them would pile up.
const (
	maxCancels = 64
	maxOverdue = 1024
)

// cancels are the stream_cancelled of one activation: to be sent, outstanding, and
// overdue, the answers to which may still come. Each is in one list, oldest first.
type cancels struct{ waiting, sent, overdue []cancellation }

// cancellation is one stream_cancelled.
type cancellation struct {
	id      int64
	command entity.Command
	// shown is how many deltas had been sent when it was sent.
	shown int64
	// timer says when it is overdue.
	timer entity.Timer
}

func (c *cancels) outstanding() int { return len(c.sent) }

// none reports whether there is none outstanding, or still to be sent.
func (c *cancels) none() bool { return len(c.waiting)+len(c.sent) == 0 }

// ask has the call cancelled.
func (c *cancels) ask(of *call) {
	c.waiting = append(c.waiting, cancellation{id: of.id, command: of.command})
}

// send sends those that wait, as far as it may.
func (c *cancels) send(entityID string, shown int64, out []entity.Effect) []entity.Effect {
	for len(c.waiting) > 0 && len(c.sent) < maxCancels {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		next.shown, next.timer = shown, c.free()
		c.sent = append(c.sent, next)
		out = append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_StreamCancelled{
			StreamCancelled: &replicatedv1.StreamCancelled{EntityId: entityID, Id: next.id},
		}}), entity.Wait{Timer: next.timer, For: cancelTime})
	}
	if len(c.waiting) == 0 {
		c.waiting = nil
	}
	return out
}

// free returns a timer that no outstanding one has.
func (c *cancels) free() entity.Timer {
	timer := cancelTimer
	for slices.ContainsFunc(c.sent, func(other cancellation) bool { return other.timer == timer }) {
		timer++
	}
	return timer
}

// expire makes the outstanding one overdue whose timer it is, and returns its id; 0
// where there is none.
func (c *cancels) expire(timer entity.Timer) int64 {
	at := slices.IndexFunc(c.sent, func(one cancellation) bool { return one.timer == timer })
	if at < 0 {
		return 0
	}
	one := c.sent[at]
	c.sent = slices.Delete(c.sent, at, at+1)
	if c.overdue = append(c.overdue, one); len(c.overdue) > maxOverdue {
		c.overdue = slices.Delete(c.overdue, 0, 1)
	}
	return one.id
}

// has reports whether the cancellation with the id is outstanding.
func (c *cancels) has(id int64) bool { return slices.ContainsFunc(c.sent, isOf(id)) }

// answer takes out the cancellation with the id. It is not found where none was sent,
// or it was answered.
func (c *cancels) answer(id int64) (one cancellation, late, found bool) {
	if at := slices.IndexFunc(c.sent, isOf(id)); at >= 0 {
		one = c.sent[at]
		c.sent = slices.Delete(c.sent, at, at+1)
		return one, false, true
	}
	if at := slices.IndexFunc(c.overdue, isOf(id)); at >= 0 {
		one = c.overdue[at]
		c.overdue = slices.Delete(c.overdue, at, at+1)
		return one, true, true
	}
	return cancellation{}, false, false
}

func isOf(id int64) func(cancellation) bool {
	return func(one cancellation) bool { return one.id == id }
}

// cancelled takes the answer to a stream_cancelled (REP-CANCEL-006). Nobody waits for
// it: what is wrong with it resets the activation, and the others hear of that alone.
func (m *Machine) cancelled(said *replicatedv1.StreamCancelledResponse, at time.Time, out []entity.Effect) []entity.Effect {
	id := said.GetCommandId()
	one, late, found := m.cancels.answer(id)
	if !found { // REP-CANCEL-010
		return m.violate("REP-CANCEL-011", "the function answered a stream_cancelled that was not sent, or was answered before", out)
	}
	if !late {
		out = append(out, entity.Wait{Timer: one.timer})
	}
	if m.deleted {
		return out // REP-DEL-007
	}
	action := said.GetStateAction()
	if requirement, text := m.forbidden(one.command, said.GetSideEffects(), action); requirement != "" {
		return m.void(requirement, text, id, out)
	}
	if late && action != nil && m.shown > one.shown {
		return m.void("REP-CANCEL-009", "the answer to a stream_cancelled came after a delta that was sent since: what it changes is not known", id, out)
	}
	return m.lastChange(one, said.GetSideEffects(), action, at, out)
}

// lastChange applies what a cancellation changes, and starts its side effects.
func (m *Machine) lastChange(
	one cancellation, effects []*entityv1.SideEffect, action *replicatedv1.StateAction, at time.Time, out []entity.Effect,
) []entity.Effect {
	var change *entity.Apply
	if action != nil {
		var refused error
		if change, refused = m.apply(action, 0, at); refused != nil {
			return m.refused(nil, one.id, refused, out)
		}
	}
	last := spread{start: &entity.Start{Command: one.command, ID: one.id, SideEffects: effects}}
	out = m.settle(change, last, out)
	if action.GetDelete() != nil {
		return m.gravestone(nil, out)
	}
	return m.clash(out)
}
