package eventsourced

import (
	"errors"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// held is one answer that waits until what it rests on is durable.
type held struct {
	// command is its id; 0 for a snapshot that the function was asked for.
	command int64
	// stores says that the answer has a change of its own at the store. Otherwise
	// it rests on those before it.
	stores  bool
	outcome entity.Outcome
}

// settle takes the outcome of the unanswered command, and what its answer changes,
// or nil. The outcome leaves when every change up to its own is durable (ES-STORE-002).
func (m *Machine) settle(outcome entity.Outcome, change *entity.Persist, out []entity.Effect) []entity.Effect {
	m.phase = idle
	outcome.Command = m.command
	switch {
	case change != nil:
		m.held = append(m.held, held{command: m.command, stores: true, outcome: outcome})
		return append(out, *change)
	case len(m.held) > 0:
		m.held = append(m.held, held{command: m.command, outcome: outcome})
		return append(out, entity.Answered{Command: m.command})
	default:
		return append(out, entity.Complete{Command: m.command, Outcome: outcome})
	}
}

// persisted takes the store's answer to the oldest change.
func (m *Machine) persisted(in entity.Persisted, out []entity.Effect) []entity.Effect {
	if in.Err != nil && (m.held[0].command != 0 || !unnoticed(in.Err)) {
		return m.refused(in, out)
	}
	out = m.release(out)
	for len(m.held) > 0 && !m.held[0].stores {
		out = m.release(out)
	}
	if len(m.held) == 0 {
		m.held = nil // An idle entity keeps no array.
		if m.phase == closing {
			return m.close(m.after, out)
		}
	}
	return out
}

// release lets the oldest outcome go.
func (m *Machine) release(out []entity.Effect) []entity.Effect {
	oldest := m.held[0]
	m.held[0] = held{}
	m.held = m.held[1:]
	if oldest.command == 0 {
		return out
	}
	return append(out, entity.Complete{Command: oldest.command, Outcome: oldest.outcome})
}

// unnoticed reports whether an asked for snapshot may fail so and nothing comes of it
// (ES-ASK-012). Where another writer was first, the function's copy is void.
func unnoticed(err error) bool {
	return !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrFenced)
}

// refused takes a write that the store did not take, or may not have taken. Its
// commands fail; nothing of a later one is kept, and all of those are sent again
// on the next stream (ES-STORE-004, ES-STORE-005, ES-STORE-008).
func (m *Machine) refused(in entity.Persisted, out []entity.Effect) []entity.Effect {
	var again []int64
	failing := 1 + in.Along
	for _, h := range m.held {
		switch {
		case h.stores && failing > 0:
			failing--
			if h.command != 0 {
				out = append(out, entity.Complete{Command: h.command, Outcome: entity.Outcome{Command: h.command, Err: refusal(in.Err)}})
			}
		case h.command != 0:
			again = append(again, h.command)
		}
	}
	if m.phase == busy {
		again = append(again, m.command)
	}
	if len(again) > 0 {
		out = append(out, entity.Requeue{Commands: again})
	}
	m.held = nil
	return m.close(entity.Close{Abort: true, Reason: "store"}, out)
}

// refusal is what the caller hears of a store that did not take a change. The
// store's own words are for the log.
func refusal(err error) *fault.Error {
	switch {
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrFenced): // CORE-EPOCH-002, CORE-EPOCH-003
		return &fault.Error{Kind: fault.Conflict, Text: "another writer has changed the entity: nothing was stored", Err: err}
	case errors.Is(err, store.ErrDeleted): // ES-DEL-004
		return &fault.Error{Kind: fault.NotFound, Text: "the entity was deleted", Err: err}
	default:
		return &fault.Error{
			Kind: fault.Unavailable,
			Text: "the store did not confirm the command's events: whether they are stored is unknown",
			Err:  err,
		}
	}
}
