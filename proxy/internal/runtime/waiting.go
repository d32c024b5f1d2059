package runtime

import (
	"context"
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// watch calls gone when nobody waits any more for the command, which is being sent: not
// its caller, and none that has repeated the call.
func (a *activation) watch(c *call, gone func(deadline bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.key == nil {
		c.watch(gone)
		return
	}
	c.key.watch(c, gone)
}

// watch watches one of those that wait, and then the next. The caller holds mu.
func (k *keyed) watch(c *call, gone func(deadline bool)) {
	waits := k.waits()
	if waits == nil {
		waits = c
	}
	if c.command.Effect || waits.ctx.Done() == nil {
		return
	}
	c.unwatch = context.AfterFunc(waits.ctx, func() {
		if k.deserted(c, gone) {
			gone(waits.late())
		}
	})
}

// deserted reports whether nobody waits any more for the call's command. Otherwise it
// watches the next one that does.
func (k *keyed) deserted(c *call, gone func(deadline bool)) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.first != c || c.unwatch == nil {
		return false
	}
	if k.waits() == nil {
		return true
	}
	k.watch(c, gone)
	return false
}

// waits returns the first call, or else the oldest repeat, whose caller still waits; nil
// when there is none.
func (k *keyed) waits() *call {
	if k.first.ctx.Err() == nil {
		return k.first
	}
	for _, c := range k.repeated {
		if c.ctx.Err() == nil {
			return c
		}
	}
	return nil
}

// isDeleted reports whether the store knows that the entity was deleted for ever.
func (i *instance) isDeleted(ctx context.Context, target Target) bool {
	id := store.ID{Persistence: target.Persistence, Entity: i.id.Entity}
	err := i.runtime.config.Kinds[target.Kind].State.Load(ctx, id, func(entity.Input) error { return errOver })
	return errors.Is(err, store.ErrDeleted)
}
