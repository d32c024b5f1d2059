package runtime

import (
	"context"
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// own returns the right to write the entity; the error is a fault.Error.
func (r *Runtime) own(ctx context.Context, id store.ID) (store.Fence, error) {
	fence, err := r.config.Owner.Own(ctx, id)
	if err == nil {
		return fence, nil
	}
	if _, known := errors.AsType[*fault.Error](err); !known {
		err = &fault.Error{Kind: fault.Unavailable, Text: "the right to write the entity cannot be had now", Err: err}
	}
	return fence, err
}

// holds reports whether the activation's copy of the entity is the newest that there can
// be. Several write a shared entity at once.
func (a *activation) holds() bool { return a.copy != nil || a.runtime.config.Owner.Holds(a.fence) }

// turn takes the next command for the machine, which is ready; nil when none may be sent.
// Where the right to write is gone, those that wait are for another activation. The caller
// holds mu.
func (a *activation) turn() *call {
	a.prune()
	switch {
	case len(a.mailbox) == 0:
		return nil
	case a.holds():
		a.doubt(a.mailbox[0])
		return a.pop()
	case a.machine.Idle():
		a.last = &entity.Close{Abort: true, Reason: "fenced"}
	}
	return nil
}

// doubt has the store asked again whether a keyed command was answered, where that was
// asked under an older right: another proxy may have answered it since. The caller holds
// mu.
func (a *activation) doubt(c *call) {
	k := c.key
	if k == nil || k.lookedUp || k.fence == a.fence {
		return
	}
	k.lookedUp = true
	a.runtime.running.Go(func() { k.lookUp(c.target) })
}

// void resets the activation, since its right to write is gone, and returns what the
// caller hears in the place of an answer that may be out of date. What was stored stays,
// and its side effects are started.
func (a *activation) void(c *call, answered entity.Outcome) entity.Outcome {
	a.voided = true
	a.cancel()
	text := "this proxy may not write the entity any more: whether the command was carried out is unknown"
	outcome := entity.Outcome{Command: answered.Command, Err: fault.New(fault.Unavailable, "%s", text)}
	if c.stores {
		outcome.SideEffects = answered.SideEffects
	}
	return outcome
}

// tells reports whether the outcome tells its caller something of the entity's state. What
// the proxy itself says does not.
func tells(outcome entity.Outcome) bool {
	_, own := errors.AsType[*fault.Error](outcome.Err)
	return !own
}
