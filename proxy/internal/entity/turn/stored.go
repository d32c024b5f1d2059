package turn

import (
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Persisted takes the store's answer to the oldest write. Where that failed, the
// function's copy is ahead of the store: the activation ends, and commands whose
// answers rested on it are asked again (ES-STORE-008, VAL-STORE-007).
func (t *Turns) Persisted(in entity.Persisted, out []entity.Effect) []entity.Effect {
	t.expect(in, t.held.len() > 0)
	if in.Err != nil && (t.held.oldest() != 0 || !unnoticed(in.Err)) {
		return t.lost(in, out)
	}
	return t.rest(t.held.stored(out))
}

func (t *Turns) lost(in entity.Persisted, out []entity.Effect) []entity.Effect {
	again, out := t.held.lost(in.Err, in.Along, out)
	if t.phase == busy {
		again = append(again, t.asked.id)
	}
	if len(again) > 0 {
		out = append(out, entity.Requeue{Commands: again})
	}
	t.phase = spent
	return append(out, entity.Close{Abort: true, Reason: "store"})
}

// unnoticed reports whether a snapshot that no command waits for may fail so and
// nothing comes of it (ES-ASK-012). Where another writer was first, the function's copy
// is void.
func unnoticed(err error) bool {
	return !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrFenced)
}

// refusal is what the caller hears of a store that did not take what its command
// changes. The store's own words are for the log.
func refusal(err error) *fault.Error {
	switch {
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrFenced): // CORE-EPOCH-002, CORE-EPOCH-003
		return &fault.Error{Kind: fault.Conflict, Text: "another writer has changed the entity: nothing was stored", Err: err}
	case errors.Is(err, store.ErrDeleted): // ES-DEL-004
		return &fault.Error{Kind: fault.NotFound, Text: "the entity was deleted", Err: err}
	default:
		return &fault.Error{
			Kind: fault.Unavailable,
			Text: "the store did not confirm what the command changes: whether it is stored is unknown",
			Err:  err,
		}
	}
}
