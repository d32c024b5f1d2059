package runtime

import (
	"context"
	"log/slog"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/trace"
)

// activation is one stream and one machine: from recover over work to end. The
// goroutine that serves the instance owns it, but for what is said to be guarded. There
// are very many: small fields stand together, so that it takes 480 bytes.
type activation struct {
	*instance

	target Target
	kind   Kind
	began  time.Time
	// trail is that of the command for which the entity is activated.
	trail *trace.Trail
	// fence is the right under which the entity is written.
	fence store.Fence
	// stream and machine are nil until the store has something to send.
	stream  Stream
	machine entity.Machine
	// retiring is closed when the stream's connection takes no further stream.
	retiring <-chan struct{}
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
	// cancels says that the function wants to know when nobody waits for a command.
	cancels bool
	// broken is true when a Send has failed; the reason comes as Ended.
	broken bool
	// ended is true when Ended has been taken: nothing more comes.
	ended bool
	// voided says that the stream was reset because the right to write is gone.
	voided bool
	// unwritten says that changes wait for a goroutine that stores them: this one, or
	// the one that it gives them to.
	unwritten bool
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
	// changes wait for the store, oldest first.
	changes []change
	// follower is the stream where it needs no goroutine, and doubtful where it knows of
	// its function's health.
	follower Follower
	doubtful Doubtful
	// view is what others see.
	view view
	// hailed says that the follower may have something.
	hailed bool
	// unread says that what the function has said waits in the inbox.
	unread bool
	// merged says that a shared entity may have changed elsewhere.
	merged bool
	// evicted says that the entity is to make room while it is idle.
	evicted bool
	// writing says that a goroutine stores changes. Once one has failed, none is stored
	// any more.
	writing, failed bool
}

func newActivation(i *instance, target Target) *activation {
	ctx, cancel := context.WithCancel(i.runtime.ctx)
	i.runtime.resting.count(+1)
	i.runtime.config.Metrics.Active(target.Kind, +1)
	return &activation{
		instance: i, target: target, kind: i.runtime.config.Kinds[target.Kind], began: time.Now(),
		ctx: ctx, cancel: cancel, watchdog: guard(i.runtime.config.ActivationTimeout, cancel),
	}
}

// work feeds the machine until it asks for its close. Open means that it has not, and
// that nothing is to be done: this goroutine serves the entity no longer, and does what
// work returns.
func (a *activation) work() (then job, open bool) {
	for a.last == nil {
		t := a.next()
		switch {
		case t.call != nil:
			a.delegate()
			a.start(t.call)
		case t.in != nil:
			a.delegate()
			a.take(t.in)
		case t.nothing: // It may be another goroutine's by now.
			if t.rests {
				a.runtime.crowd()
			}
			return t.then, true
		}
	}
	return job{}, false
}

// start gives the machine a command, and the function its time.
func (a *activation) start(c *call) {
	a.newest++
	c.id, c.sent = a.newest, time.Now()
	c.command.Metadata = c.trail.Sent(c.command.Metadata)
	c.metrics.Waited(a.target.Kind, c.sent.Sub(c.waits))
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
