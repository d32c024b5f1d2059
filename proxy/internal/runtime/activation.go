package runtime

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// activation is one stream and one machine: from open, over recover and work, to
// end. The instance's goroutine owns it.
type activation struct {
	*instance

	target  Target
	began   time.Time
	machine entity.Machine
	stream  Stream
	// ctx is the stream's; cancel resets it.
	ctx    context.Context
	cancel context.CancelFunc
	// inputs brings what the function says: Received, and at last one Ended.
	// It is closed after that, when listen has returned.
	inputs   chan entity.Input
	watchdog *watchdog
	// broken is true when a Send has failed; the reason comes as Ended.
	broken bool
	// current is the command that the function is at; nil when there is none.
	current *call
	// last is the machine's Close; nil before it.
	last *entity.Close
	// effects is reused from step to step.
	effects []entity.Effect
}

// open opens a stream for one activation. The error is for those that wait.
func (i *instance) open(target Target) (*activation, error) {
	config := i.runtime.config
	if i.runtime.ctx.Err() != nil {
		return nil, fault.New(fault.Unavailable, "the proxy is stopping")
	}
	ctx, cancel := context.WithCancel(i.runtime.ctx)
	a := &activation{
		instance: i, target: target, began: time.Now(), machine: config.Machines[target.Kind](i.id),
		ctx: ctx, cancel: cancel, inputs: make(chan entity.Input), watchdog: watch(config.ActivationTimeout, cancel),
	}
	stream, err := config.Functions.Open(ctx, target.Kind)
	if err != nil {
		if a.watchdog.disarm(); a.watchdog.bitten {
			err = fault.New(fault.Unavailable, "the user function took no stream in %v: it may serve only so many at once", config.ActivationTimeout)
		}
		cancel()
		config.Log.Warn("no stream to the function", "entity", i.id, "error", err)
		config.Metrics.Closed(target.Kind, "open")
		return nil, unopened(err)
	}
	a.stream = stream
	go listen(stream, a.inputs) // end waits for it.
	return a, nil
}

// unopened is what those that wait hear of a function that takes no stream.
func unopened(err error) error {
	if _, known := errors.AsType[*fault.Error](err); known {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Text: "the user function takes no stream now", Err: err}
}

// listen passes on what the function says until the stream has ended.
func listen(stream Stream, inputs chan<- entity.Input) {
	defer close(inputs)
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			inputs <- entity.Ended{}
			return
		}
		if err != nil {
			inputs <- entity.Ended{Err: err}
			return
		}
		inputs <- entity.Received{Message: message}
	}
}

// work feeds the machine until it asks for its close.
func (a *activation) work() {
	for a.last == nil {
		select {
		case in := <-a.inputs: // What the function has said comes before the next command.
			a.take(in)
			continue
		default:
		}
		if !a.machine.Ready() || a.watchdog.bitten {
			a.take(<-a.inputs)
		} else if a.retired() {
			a.last = &entity.Close{Reason: "retired"}
		} else if c := a.next(); c != nil {
			a.start(c)
		} else {
			a.rest()
		}
	}
}

// retired reports whether the stream's connection takes no further stream. The
// entity then takes no further command on it: those that wait are for what is
// discovered on the next connection (DISC-CALL-006).
func (a *activation) retired() bool {
	select {
	case <-a.stream.Retired():
		return true
	default:
		return false
	}
}

// rest waits until something happens to an idle entity.
func (a *activation) rest() {
	limit := a.target.Passivation
	if limit == 0 {
		limit = a.runtime.config.IdleTimeout
	}
	idle := time.NewTimer(limit)
	defer idle.Stop()
	select {
	case in := <-a.inputs:
		a.take(in)
		return
	case <-a.wake:
		return
	case <-a.stream.Retired():
		return
	case <-idle.C:
	case <-a.runtime.draining:
	}
	if c := a.next(); c != nil { // It came while the time ran out (CORE-PASS-001).
		a.start(c)
		return
	}
	a.step(entity.Passivate{})
}

// start gives the machine a command, and the function its time.
func (a *activation) start(c *call) {
	a.current = c
	a.watchdog.arm(a.runtime.config.CommandTimeout)
	a.step(entity.Arrived{Command: c.command, Left: left(c.command.Deadline)})
}

// left returns how long a caller still waits, and 0 for one that has set no
// deadline. One whose time has passed just now still waits, a little.
func left(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return 0
	}
	return max(time.Until(deadline), 1)
}

// take steps what came from the stream.
func (a *activation) take(in entity.Input) {
	if ended, is := in.(entity.Ended); is {
		a.watchdog.disarm()
		if a.current != nil {
			in = a.lost(ended)
		}
	}
	a.step(in)
}

// lost returns the end of a stream that takes a command along, as the machine
// hears of it: when the watchdog has reset it, as a time-out. The caller is not
// told the cause, so that the log is.
func (a *activation) lost(ended entity.Ended) entity.Input {
	log := a.runtime.config.Log.With("entity", a.id, "command", a.current.command.Name)
	if a.watchdog.bitten {
		log.Warn("the function did not answer in time", "within", a.runtime.config.CommandTimeout)
		return entity.TimedOut{}
	}
	log.Warn("a stream has ended with a command outstanding", "error", ended.Err)
	return ended
}

// step steps the machine and performs its effects in order; what an effect
// leads to at once is the next input.
func (a *activation) step(in entity.Input) {
	for in != nil {
		a.effects = a.machine.Step(in, a.effects[:0])
		in = nil
		for _, effect := range a.effects {
			if appended := a.perform(effect); appended != nil {
				in = appended
			}
		}
		clear(a.effects) // An idle entity keeps no payload alive.
	}
}

// perform does one effect. The store's answer to an Append is returned, to be
// stepped after the effects beside it.
func (a *activation) perform(effect entity.Effect) entity.Input {
	switch effect := effect.(type) {
	case entity.Send:
		a.send(effect.Message)
	case entity.Append:
		return a.append(effect)
	case entity.Complete:
		a.complete(effect.Outcome)
	case entity.Report:
		a.report(effect)
	case entity.Close:
		a.last = &effect
	}
	return nil
}

func (a *activation) send(message proto.Message) {
	if !a.broken && a.stream.Send(message) != nil {
		a.broken = true // Recv tells why.
	}
}

func (a *activation) append(effect entity.Append) entity.Input {
	a.watchdog.disarm() // The function has answered: the rest is the store's time.
	ctx, cancel := context.WithTimeout(a.runtime.ctx, a.runtime.config.StoreTimeout)
	defer cancel()
	begin := time.Now()
	err := a.runtime.config.Journal.Append(ctx, a.storeID(), store.Batch(effect))
	a.runtime.config.Metrics.Persisted(a.target.Kind, time.Since(begin), len(effect.Events), err)
	if err != nil {
		a.runtime.config.Log.Error("the store did not take events", "entity", a.id, "error", err)
	}
	return entity.Appended{Err: err}
}

func (a *activation) complete(outcome entity.Outcome) {
	a.watchdog.disarm()
	a.current.complete(outcome)
	a.current = nil
}

func (a *activation) report(report entity.Report) {
	a.runtime.config.Log.Warn("the function broke a requirement", "entity", a.id,
		"requirement", report.Requirement, "text", report.Text)
	a.runtime.config.Reporter.Report(a.runtime.ctx, a.id, report)
}

func (a *activation) storeID() store.ID {
	return store.ID{Persistence: a.target.Persistence, Entity: a.id.Entity}
}
