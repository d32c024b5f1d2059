package runtime

import (
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// task is what is to be done next: something has happened, or else a command waits.
// Neither, and not nothing, means that the activation has closed.
type task struct {
	in   entity.Input
	call *call
	// nothing says that this goroutine serves the entity no longer: it does what then
	// says. Rests says that the entity is idle.
	nothing, rests bool
	then           job
}

// next looks for what is to be done next.
func (a *activation) next() task {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.view.served, a.view.rests, a.view.outstanding = true, false, int32(len(a.outstanding))
	if in := a.pull(); in != nil {
		return task{in: in}
	}
	if a.merged {
		a.merged = false
		return task{in: entity.Merged{}} // Take asks for the delta, without the lock.
	}
	resets := a.watchdog.bitten() || a.voided // then its end comes
	if !resets && a.machine.Ready() && a.takes() {
		if c := a.turn(); c != nil || a.last != nil {
			a.stay()
			a.show(c)
			return task{call: c}
		}
	}
	rests := false
	if !resets && a.machine.Idle() {
		if reason := a.passes(); reason != 0 {
			return task{in: entity.Passivate{Reason: reason}}
		}
		rests = a.settle()
	}
	return a.yield(rests)
}

// yield leaves the entity to whoever brings it something, and its changes to this
// goroutine. The caller holds mu.
func (a *activation) yield(idle bool) task {
	t := task{nothing: true, rests: idle}
	if a.unwritten {
		a.unwritten, t.then = false, job{stores: a}
	}
	a.running, a.view.rests = false, idle
	return t
}

// stay keeps an entity that was to make room: it has something to do again. The caller
// holds mu.
func (a *activation) stay() {
	if a.evicted {
		a.evicted = false
		a.view.end(true)
		a.runtime.resting.stays()
	}
}

// takes reports whether the stream takes a further command. One of a retired
// connection does not: those that wait are for what is discovered on the next one
// (DISC-CALL-006), unless the proxy drains as well (LIFE-DRAIN-003).
func (a *activation) takes() bool { return !a.retired() || a.runtime.drains() }

// retired reports whether the stream's connection takes no further stream.
func (a *activation) retired() bool {
	select {
	case <-a.retiring:
		return true
	default:
		return false
	}
}

// passes returns why the entity, which is idle, is passivated now; 0 when it is not.
// Only the function's drain does not heed commands that wait (CORE-PASS-001). The
// caller holds mu.
func (a *activation) passes() entityv1.PassivationReason {
	waits := len(a.mailbox) > 0
	switch {
	case !waits && a.runtime.drains():
		return entityv1.PassivationReason_PASSIVATION_REASON_SHUTDOWN
	case !a.takes():
		return entityv1.PassivationReason_PASSIVATION_REASON_DRAIN
	case waits:
		return 0
	case a.evicted:
		return entityv1.PassivationReason_PASSIVATION_REASON_LIMIT
	case time.Since(a.spoke) >= a.patience():
		return entityv1.PassivationReason_PASSIVATION_REASON_IDLE
	default:
		return 0
	}
}

// patience is how long the entity stays without a message.
func (a *activation) patience() time.Duration {
	if a.target.Passivation != 0 {
		return a.target.Passivation
	}
	return a.runtime.config.IdleTimeout
}

// settle lets the entity rest, unless commands wait for what keeps the machine from
// taking them. The caller holds mu.
func (a *activation) settle() bool {
	if len(a.mailbox) > 0 {
		return false
	}
	left := max(a.patience()-time.Since(a.spoke), 1)
	if a.idle == nil {
		a.idle = time.AfterFunc(left, a.wake)
	} else {
		a.idle.Reset(left)
	}
	a.runtime.resting.join(a.instance)
	return true
}
