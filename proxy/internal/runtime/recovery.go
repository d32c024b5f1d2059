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

// errOver stops a load whose stream is over.
var errOver = errors.New("the stream is over")

// recover loads the entity: the snapshot, then each event as fast as the
// function reads. An error means that the store failed; when the stream did, the
// machine has closed.
func (a *activation) recover() error {
	events := 0
	err := a.runtime.config.Journal.Load(a.ctx, a.storeID(),
		func(last int64, snapshot *entity.Snapshot) error {
			return a.replay(entity.Opened{Last: last, Snapshot: snapshot})
		},
		func(event entity.Event) error {
			events++
			return a.replay(entity.Replayed{Event: event})
		})
	if a.broken {
		for a.last == nil { // Recv says why, before or with its end.
			a.take(<-a.inputs)
		}
	}
	a.watchdog.disarm()
	switch {
	case a.last != nil:
		return nil
	case err != nil:
		return a.unloaded(err)
	}
	a.step(entity.Recovered{})
	a.runtime.config.Metrics.Activated(a.target.Kind, time.Since(a.began), events)
	return nil
}

// replay steps what comes from the store, after what the function has to say.
func (a *activation) replay(in entity.Input) error {
	select {
	case said := <-a.inputs:
		a.take(said)
	default:
	}
	if a.last == nil {
		a.step(in)
	}
	if a.last != nil || a.broken {
		return errOver
	}
	return nil
}

// unloaded gives up an activation that the store did not load.
func (a *activation) unloaded(err error) error {
	a.runtime.config.Log.Error("the store did not load an entity", "entity", a.id, "error", err)
	a.last = &entity.Close{Abort: true, Reason: "load"}
	if errors.Is(err, store.ErrCorrupt) {
		return &fault.Error{Kind: fault.Internal, Text: "the entity's stored state is damaged", Err: err}
	}
	return &fault.Error{Kind: fault.Unavailable, Text: "the entity cannot be loaded from the store now", Err: err}
}

// end closes the stream as the machine asked, and returns when it is over and
// listen has returned: only then may the entity's next stream open (CORE-STREAM-001).
func (a *activation) end() {
	if a.last.Abort {
		a.cancel()
		for range a.inputs { // Late words; nobody waits for them.
			continue
		}
	} else {
		a.part()
	}
	a.cancel()
	a.watchdog.disarm()
	a.runtime.config.Log.Debug("activation closed", "entity", a.id, "reason", a.last.Reason)
	a.runtime.config.Metrics.Closed(a.target.Kind, a.last.Reason)
}

// part half-closes the stream and waits for the function to end it (CORE-STREAM-003).
// A message may have crossed the half-close: it changes nothing, and only a
// stream-level failure is told (CORE-STREAM-006).
func (a *activation) part() {
	if err := a.stream.CloseSend(); err != nil {
		a.broken = true // Recv tells why.
	}
	a.watchdog.arm(a.runtime.config.Grace)
	var failure *entityv1.Failure
	wrong := ""
	for in := range a.inputs {
		switch in := in.(type) {
		case entity.Received:
			if said, ok := in.Message.(failing); ok && failure == nil {
				failure = said.GetFailure()
			}
		case entity.Ended:
			if in.Err != nil && failure == nil {
				wrong = "the function ended a half-closed stream otherwise than with status OK: " + in.Err.Error()
			}
		}
	}
	if a.watchdog.disarm(); a.watchdog.bitten {
		wrong = "the function did not end a half-closed stream"
	}
	if a.runtime.ctx.Err() != nil {
		return
	}
	if failure != nil {
		a.report(entity.Report{
			Requirement: "CORE-STREAM-006", Severity: discoveryv1.Severity_SEVERITY_ERROR,
			Text: "the function failed the stream after the half-close: " + failure.GetDescription(),
		})
	}
	if wrong != "" {
		a.report(entity.Report{Requirement: "CORE-STREAM-003", Severity: discoveryv1.Severity_SEVERITY_WARNING, Text: wrong})
	}
}

// failing is a message of the function that may be a stream-level failure. Every
// kind has one.
type failing interface{ GetFailure() *entityv1.Failure }
