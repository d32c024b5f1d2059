package crdt

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

// State is what is left of the changes of one entity, and the names of all that were
// merged. What one update has changed is a State too. The zero value is that of an
// entity which is unset. It is for one goroutine.
type State struct {
	seen Context
	// value is nil while the entity is unset, and when it is deleted.
	value   store
	deleted bool
	// astray says that the function may hold something else than the state says.
	astray bool
}

// Author is who makes an update.
type Author struct {
	// Replica is the process: one that starts again is another.
	Replica string
	// Now is the system time, in milliseconds since 1970.
	Now int64
	// Maps says that CAPABILITY_REPLICATED_MAPS is in force.
	Maps bool
}

// Type returns the type of the entity; Unset while it has none, and when it is
// deleted.
func (s *State) Type() Type {
	if s.value == nil {
		return Unset
	}
	return s.value.kind()
}

// Deleted reports whether the entity is deleted.
func (s *State) Deleted() bool { return s.deleted }

// Astray reports whether the function may hold something else than the state says:
// a write of its own was dropped, or it does not know yet how many vote.
func (s *State) Astray() bool { return s.astray }

// Changes reports whether there is a change in the state, one that takes away or deletes
// as well. What gives a type alone has none.
func (s *State) Changes() bool { return s.deleted || !s.seen.empty() }

// Merge joins the other state, which it does not keep. Of two types the one with the
// lower number stays, and nothing of the other (REP-TYPE-003). Deleted wins over
// all (REP-DEL-003).
func (s *State) Merge(other *State) {
	if s.deleted || other.deleted {
		*s = State{deleted: true}
		return
	}
	if t := other.Type(); t != Unset && (s.value == nil || t < s.Type()) {
		s.value = empty(t)
	}
	if s.value != nil {
		beside := other.value
		if other.Type() != s.Type() {
			beside = empty(s.Type())
		}
		s.value.merge(beside, &s.seen, &other.seen)
	}
	s.seen.merge(&other.seen)
	s.astray = s.astray || other.astray
}

// Apply does to the value what the function's update says, and returns what that
// has changed. The state must be what the function has been shown, or has made
// itself. An update that cannot be applied gives a *Refusal, and leaves a state
// that is of no use any more.
func (s *State) Apply(update *replicatedv1.Delta, by Author) (*State, error) {
	t, created := TypeOf(update), false
	switch {
	case t == Unset:
		return nil, wrong("REP-UPD-001", "the update has a delta in which no case is set")
	case t.OfOneType() && !by.Maps:
		return nil, wrong("DISC-CAP-006", "the update is of a %s, and CAPABILITY_REPLICATED_MAPS is not in force", t)
	case s.value == nil: // REP-TYPE-002
		s.value, created = empty(t), true
	case s.Type() != t:
		return nil, wrong("REP-TYPE-001", "the update says %s of an entity that is of type %s", t, s.Type())
	}
	change := &State{value: empty(t)}
	e := &edit{by: by, seen: &s.seen, made: &change.seen, created: created, astray: &s.astray}
	if err := s.value.apply(e, update, change.value); err != nil {
		return nil, err
	}
	return change, nil
}

// Delete ends the entity, and returns what that has changed.
func (s *State) Delete() *State {
	*s = State{deleted: true}
	return &State{deleted: true}
}

// Value returns the plain value as the view has it.
func (s *State) Value(view View) *Value {
	if s.value == nil {
		return &Value{}
	}
	return s.value.value(view, false)
}

// Held returns the plain value that the function holds which has been shown the state,
// with its own updates in it.
func (s *State) Held(view View) *Value {
	if s.value == nil {
		return &Value{}
	}
	return s.value.value(view, s.astray)
}

// Settle says that the function holds the value now.
func (s *State) Settle() {
	if s.astray && s.value != nil {
		s.value.settle()
	}
	s.astray = false
}

// Clone returns a copy that shares nothing that is written to.
func (s *State) Clone() *State {
	copied := *s
	copied.seen = s.seen.clone()
	if s.value != nil {
		copied.value = s.value.clone()
	}
	return &copied
}
