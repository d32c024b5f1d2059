package runtime

import (
	"context"
	"log/slog"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// activation is one stream and one machine: from recover over work to end. The
// goroutine that serves the instance owns it, but for what is said to be guarded.
type activation struct {
	*instance

	target Target
	kind   Kind
	began  time.Time
	// fence is the right under which the entity is written.
	fence store.Fence
	// stream and machine are nil until the store has something to send.
	stream  Stream
	machine entity.Machine
	// retiring is closed when the stream's connection takes no further stream.
	retiring <-chan struct{}
	// cancels says that the function wants to know when nobody waits for a command.
	cancels bool
	// copy is the activation's part in a shared entity; nil for any other.
	copy Copy
	// ctx is the stream's; cancel resets it.
	ctx      context.Context
	cancel   context.CancelFunc
	watchdog *watchdog
	// idle wakes the instance when its idle time is over; nil before its first rest.
	idle *time.Timer
	// spoke is when the last message went over the stream, in either direction.
	spoke time.Time
	// broken is true when a Send has failed; the reason comes as Ended.
	broken bool
	// ended is true when Ended has been taken: nothing more comes.
	ended bool
	// voided says that the stream was reset because the right to write is gone.
	voided bool
	// outstanding are the commands that were sent and not completed, by their ids.
	outstanding []*call
	// newest is the id of the newest command.
	newest int64
	// hurried is the command whose time the watchdog watches; nil when none.
	hurried *call
	alarms  map[entity.Timer]*alarm
	// last is the machine's Close; nil before it.
	last *entity.Close
	// effects is reused from step to step.
	effects []entity.Effect

	// What follows is guarded by instance.mu.

	// inbox holds what has happened, oldest first. What the function says takes one
	// place at a time, and what else comes answers what the machine asked for.
	inbox []entity.Input
	// follower is the stream where it needs no goroutine; hailed says that it may have
	// something. Doubtful is the stream where it knows of its function's health.
	follower Follower
	hailed   bool
	doubtful Doubtful
	// unread says that what the function has said waits in the inbox.
	unread bool
	// merged says that a shared entity may have changed elsewhere.
	merged bool
	// evicted says that the entity is to make room while it is idle.
	evicted bool
	// changes wait for the store, oldest first; writing says that a goroutine is at it.
	// Once one has failed, none is stored any more.
	changes         []change
	writing, failed bool
}

func newActivation(i *instance, target Target) *activation {
	ctx, cancel := context.WithCancel(i.runtime.ctx)
	i.runtime.resting.count(+1)
	return &activation{
		instance: i, target: target, kind: i.runtime.config.Kinds[target.Kind], began: time.Now(),
		ctx: ctx, cancel: cancel, watchdog: guard(i.runtime.config.ActivationTimeout, cancel),
	}
}

// say puts what the function has said into the inbox, once there is room for it.
func (a *activation) say(in entity.Input) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.unread {
		a.changed.Wait()
	}
	a.unread = true
	a.inbox = append(a.inbox, in)
	a.stir()
}

// post puts something else that has happened into the inbox.
func (a *activation) post(inputs ...entity.Input) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active != a {
		return // It is over.
	}
	a.inbox = append(a.inbox, inputs...)
	a.stir()
}

// pull takes the oldest thing that has happened; nil when nothing has. The caller
// holds mu.
func (a *activation) pull() entity.Input {
	var in entity.Input
	if len(a.inbox) == 0 {
		in = a.draw()
	} else {
		in = a.inbox[0]
		a.inbox[0] = nil
		a.inbox = a.inbox[1:]
	}
	if len(a.inbox) == 0 {
		a.inbox = nil // An idle entity keeps no array.
	}
	switch in.(type) {
	case entity.Received:
		a.unread, a.spoke = false, time.Now()
		a.changed.Broadcast()
	case entity.Ended:
		a.unread, a.ended = false, true
	}
	return in
}

// await waits until something happens.
func (a *activation) await() entity.Input {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if in := a.pull(); in != nil {
			return in
		}
		a.changed.Wait()
	}
}

// work feeds the machine until it asks for its close. True means that the entity
// rests: nothing is to be done, and this goroutine serves it no longer.
func (a *activation) work() (rests bool) {
	for a.last == nil {
		in, c, rests := a.next()
		switch {
		case c != nil:
			a.start(c)
		case in != nil:
			a.take(in)
		case rests: // It may be another goroutine's by now.
			return true
		}
	}
	return false
}

// next waits for what is to be done next: what has happened, or else a command.
// Neither means that the entity rests, or that the activation has closed.
func (a *activation) next() (in entity.Input, c *call, rests bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if in := a.pull(); in != nil {
			return in, nil, false
		}
		if a.merged {
			a.merged = false
			return entity.Merged{}, nil, false // Take asks for the delta, without the lock.
		}
		resets := a.watchdog.bitten() || a.voided // then its end comes
		if !resets && a.machine.Ready() && a.takes() {
			if c := a.turn(); c != nil || a.last != nil {
				a.stay()
				return nil, c, false
			}
		}
		if !resets && a.machine.Idle() {
			if reason := a.passes(); reason != 0 {
				return entity.Passivate{Reason: reason}, nil, false
			}
			if a.settle() {
				return nil, nil, true
			}
		}
		a.changed.Wait()
	}
}

// stay keeps an entity that was to make room: it has something to do again. The caller
// holds mu.
func (a *activation) stay() {
	if a.evicted {
		a.evicted = false
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
	a.running = false
	a.runtime.resting.join(a.instance)
	return true
}

// start gives the machine a command, and the function its time.
func (a *activation) start(c *call) {
	a.newest++
	c.id, c.sent = a.newest, time.Now()
	a.outstanding = append(a.outstanding, c)
	if a.cancels || c.command.Streamed {
		id := c.id
		a.watch(c, func(deadline bool) { a.post(entity.Gone{Command: id, Deadline: deadline}) })
	}
	a.hurry()
	a.step(entity.Arrived{Command: c.command, Left: c.left()})
}

// take steps what has happened.
func (a *activation) take(in entity.Input) {
	switch what := in.(type) {
	case entity.Ended:
		a.watchdog.disarm()
		if a.hurried != nil && a.watchdog.bitten() {
			a.late()
		} else if a.hurried != nil {
			a.log().Warn("a stream has ended with a command outstanding", "error", what.Err)
		}
		if a.last != nil {
			return
		}
	case entity.Merged:
		if what = a.copy.Changes(); what.Delta == nil && what.Members == nil {
			return
		}
		in = what
	}
	a.step(in)
}

// late tells the machine that a command's time is over, for which the watchdog has reset
// the stream. Its end is told as well where that does not close the activation.
func (a *activation) late() {
	a.log().Warn("the function did not answer in time", "within", a.runtime.config.CommandTimeout)
	a.step(entity.TimedOut{})
}

// log is for what becomes of the command that the function is at. Its caller is not told
// the cause.
func (a *activation) log() *slog.Logger {
	return a.runtime.config.Log.With("entity", a.id, "command", a.hurried.command.Name)
}

// hurry sets the watchdog to the oldest command that the function has not answered.
func (a *activation) hurry() {
	var oldest *call
	for _, c := range a.outstanding {
		if !c.answered {
			oldest = c
			break
		}
	}
	switch {
	case oldest == a.hurried || a.ended:
	case oldest == nil:
		a.watchdog.disarm()
	default:
		a.watchdog.arm(a.runtime.config.CommandTimeout - time.Since(oldest.sent))
	}
	a.hurried = oldest
}

func (a *activation) storeID() store.ID {
	return store.ID{Persistence: a.target.Persistence, Entity: a.id.Entity}
}
