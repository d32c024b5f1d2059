package runtime

import (
	"errors"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

var (
	// errOver stops a load whose stream is over.
	errOver = errors.New("the stream is over")
	// errUnopened stops a load for which there is no stream.
	errUnopened = errors.New("there is no stream")
)

// recover loads the entity: the snapshot, then each event as fast as the
// function reads. Where it fails, the activation has closed.
func (a *activation) recover() {
	events := 0
	err := a.own()
	if err == nil && a.runtime.config.Keeping != nil {
		err = a.runtime.config.Keeping(a.ctx, a.target.Persistence, a.target.Kind)
	}
	if err == nil {
		err = a.kind.State.Load(a.ctx, a.storeID(), func(in entity.Input) error {
			if _, is := in.(entity.Replayed); is {
				events++
			}
			return a.replay(in)
		})
	}
	for a.broken && a.last == nil { // Recv says why, before or with its end.
		a.take(a.await())
	}
	a.watchdog.disarm()
	switch {
	case a.last != nil:
	case err != nil:
		a.unloaded(err)
	case a.stream == nil:
		a.unloaded(errors.New("the store fed nothing"))
	default:
		a.step(entity.Recovered{})
		a.runtime.config.Metrics.Activated(a.target.Kind, time.Since(a.began), events)
		a.runtime.config.Witness.Came(a.id, a.target.Kind)
	}
	a.trail.Activated(a.began, events, a.refused())
}

// refused is why the activation has closed; nil where it has not.
func (a *activation) refused() error {
	if a.last == nil {
		return nil
	}
	return a.last.Err
}

// own gets the right to write the entity, or its part in a shared one.
func (a *activation) own() (err error) {
	if a.runtime.ctx.Err() != nil {
		return a.close("open", fault.New(fault.Unavailable, "the proxy is stopping"))
	}
	if shared, is := a.kind.State.(Shared); is {
		a.copy = shared.Join(a.storeID(), a.merge)
		return nil
	}
	if a.fence, err = a.runtime.own(a.ctx, a.storeID()); err != nil {
		return a.close("open", err)
	}
	return nil
}

// close ends an activation before its machine has a say; err is for those that wait.
func (a *activation) close(reason string, err error) error {
	a.last = &entity.Close{Abort: true, Reason: reason, Err: err}
	return errUnopened
}

// merge notes that a shared entity may have changed elsewhere.
func (a *activation) merge() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active == a {
		a.merged = true
		a.stir()
	}
}

// replay steps what comes from the store, after what the function has to say. The
// stream opens with the first of it: not for an entity that was deleted (ES-DEL-009).
func (a *activation) replay(in entity.Input) error {
	if opened, is := in.(entity.Opened); is {
		err := a.bar(opened)
		if err == nil {
			err = a.open()
		}
		if err != nil {
			return err
		}
		opened.Epoch = a.fence.Epoch
		in = opened
	} else {
		a.hear()
	}
	if a.last == nil {
		a.step(in)
	}
	if a.last != nil || a.broken {
		return errOver
	}
	return nil
}

// hear takes what has happened, if anything has.
func (a *activation) hear() {
	a.mu.Lock()
	in := a.pull()
	a.mu.Unlock()
	if in != nil {
		a.take(in)
	}
}

// bar gives the activation up where what is stored is nothing for the function. Its
// machine looks again, on the terms that the stream then has.
func (a *activation) bar(opened entity.Opened) error {
	foresight, knows := a.runtime.config.Functions.(Foresight)
	if !knows || a.kind.Bars == nil {
		return nil
	}
	terms, known := foresight.Terms()
	if !known {
		return nil
	}
	report, err := a.kind.Bars(terms, opened)
	if err != nil {
		a.report(report)
		return a.close("load", err)
	}
	return nil
}

// open opens the stream, and makes the machine.
func (a *activation) open() error {
	config := a.runtime.config
	stream, err := config.Functions.Open(a.ctx, a.target.Kind)
	if err != nil {
		if a.watchdog.disarm(); a.watchdog.bitten() {
			err = fault.New(fault.Unavailable, "the user function took no stream in %v: it may serve only so many at once", config.ActivationTimeout)
		}
		config.Log.Warn("no stream to the function", "entity", a.id, "error", err)
		return a.close("open", unopened(err))
	}
	a.stream, a.retiring, a.spoke = stream, stream.Retired(), time.Now()
	terms := stream.Terms()
	terms.Persistence = a.target.Persistence
	a.cancels = terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_CANCEL)
	a.machine = a.kind.New(a.id, terms)
	a.mu.Lock()
	a.doubtful, _ = stream.(Doubtful)
	a.mu.Unlock()
	a.runtime.join(a)
	a.follow()
	return nil
}

// unopened is what those that wait hear of a function that takes no stream.
func unopened(err error) error {
	if _, known := errors.AsType[*fault.Error](err); known {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Text: "the user function takes no stream now", Err: err}
}

// unloaded gives up an activation that the store did not load.
func (a *activation) unloaded(err error) {
	if errors.Is(err, store.ErrDeleted) { // ES-DEL-004
		a.last = &entity.Close{Abort: true, Reason: "deleted", Deleted: true, Err: a.target.Deleted}
		return
	}
	a.runtime.config.Log.Error("the store did not load an entity", "entity", a.id, "error", err)
	text, kind := "the entity cannot be loaded from the store now", fault.Unavailable
	if errors.Is(err, store.ErrCorrupt) {
		text, kind = "the entity's stored state is damaged", fault.Internal
	}
	a.last = &entity.Close{Abort: true, Reason: "load", Err: &fault.Error{Kind: kind, Text: text, Err: err}}
}

// end closes the stream as the machine asked, and returns when it is over: only then
// may the entity's next stream open (CORE-STREAM-001).
func (a *activation) end() {
	a.delegate()
	switch {
	case a.last.Err != nil:
		a.refuse(a.last.Err)
	case a.last.Deleted:
		a.refuse(fault.New(fault.NotFound, "the entity was deleted"))
	}
	if a.stream != nil {
		a.part()
	}
	a.cancel()
	a.watchdog.disarm()
	if a.copy != nil {
		a.copy.Leave()
	}
	a.leave()
	a.runtime.config.Log.Debug("activation closed", "entity", a.id, "reason", a.last.Reason)
	a.runtime.config.Metrics.Closed(a.target.Kind, a.last.Reason)
	a.runtime.config.Witness.Left(a.id, a.target.Kind, a.last.Reason)
}

// leave takes the activation off its instance, once no write is under way.
func (a *activation) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.writing {
		a.changed.Wait()
	}
	for _, alarm := range a.alarms {
		alarm.timer.Stop()
	}
	if a.idle != nil {
		a.idle.Stop()
	}
	for _, c := range a.outstanding { // A machine leaves none; a caller would wait for ever.
		c.complete(entity.Outcome{Command: c.id, Err: fault.New(fault.Internal, "the activation has ended")})
	}
	if a.last.Anew {
		a.anew = &a.target
	}
	a.active = nil
	a.view.end(false)
	a.runtime.config.Metrics.Active(a.target.Kind, -1)
	if a.evicted {
		a.runtime.resting.left()
	} else {
		a.runtime.resting.count(-1)
	}
}

// part ends the stream and waits for its end.
func (a *activation) part() {
	a.runtime.part(a)
	if a.last.Abort {
		a.cancel()
		for !a.ended { // Late words; nobody waits for them.
			a.await()
		}
		return
	}
	a.bid()
}

// bid half-closes the stream and waits for the function to end it (CORE-STREAM-003).
// A message may have crossed the half-close: it changes nothing, and only a
// stream-level failure is told (CORE-STREAM-006).
func (a *activation) bid() {
	if err := a.stream.CloseSend(); err != nil {
		a.broken = true // Recv tells why.
	}
	if !a.ended {
		a.watchdog.arm(a.runtime.config.Grace)
	}
	var failure *entityv1.Failure
	wrong := ""
	for !a.ended {
		switch in := a.await().(type) {
		case entity.Received:
			if said, ok := in.Message.(failing); ok && failure == nil {
				failure = said.GetFailure()
			}
		case entity.Ended:
			if in.Err != nil && failure == nil && !errors.Is(in.Err, fault.ErrTold) {
				wrong = "the function ended a half-closed stream otherwise than with status OK: " + in.Err.Error()
			}
		}
	}
	if a.watchdog.disarm(); a.watchdog.bitten() {
		wrong = "the function did not end a half-closed stream"
	}
	if a.runtime.ctx.Err() == nil {
		a.complain(failure, wrong)
	}
}

// complain tells the function how it ended a half-closed stream, where that was
// wrong. Of Cloudstate 0.2 it is not told (DIA-LIFE-005).
func (a *activation) complain(failure *entityv1.Failure, wrong string) {
	if failure != nil {
		a.report(entity.Report{
			Requirement: "CORE-STREAM-006", Severity: discoveryv1.Severity_SEVERITY_ERROR,
			Text: "the function failed the stream after the half-close: " + failure.GetDescription(),
		})
	}
	if wrong != "" && !a.stream.Terms().Cloudstate {
		a.report(entity.Report{Requirement: "CORE-STREAM-003", Severity: discoveryv1.Severity_SEVERITY_WARNING, Text: wrong})
	}
}

// failing is a message of the function that may be a stream-level failure. Every
// kind has one.
type failing interface{ GetFailure() *entityv1.Failure }
