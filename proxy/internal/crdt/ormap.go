package crdt

import (
	"iter"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// MaxDepth is how many maps may stand in each other, the outermost counted
// (REP-LIMIT-002).
const MaxDepth = 16

// ormap is an ORMap, or a map of one type, which stands for one: an entry is in it
// while a change is left that added it or changed its value (REP-MAP-009).
type ormap struct {
	of Type
	// here are the changes that put the map into another one, empty or not.
	here    marks[none]
	entries map[Payload]entry
}

func (m *ormap) kind() Type { return m.of }

func (m *ormap) merge(other store, seen, theirs *Context) {
	from := as[*ormap](other)
	m.here = m.here.merge(from.here, seen, theirs, same)
	for key, value := range m.entries {
		if beside := from.entries[key]; beside != nil || value.touched(theirs) {
			m.keep(key, value.merge(beside, seen, theirs))
		}
	}
	for key, value := range from.entries {
		if _, merged := m.entries[key]; !merged {
			m.keep(key, entry(nil).merge(value, seen, theirs))
		}
	}
}

// keep sets the entry: one without stores is not in the map.
func (m *ormap) keep(key Payload, value entry) {
	switch {
	case len(value) == 0:
		delete(m.entries, key)
	case m.entries == nil:
		m.entries = map[Payload]entry{key: value}
	default:
		m.entries[key] = value
	}
}

func (m *ormap) dots() iter.Seq[Dot] {
	return func(yield func(Dot) bool) {
		for dot := range each(m.here) {
			if !yield(dot) {
				return
			}
		}
		for _, value := range m.entries {
			for dot := range value.dots() {
				if !yield(dot) {
					return
				}
			}
		}
	}
}

// apply takes the lists in the order cleared, removed, updated, added, and the
// places of each in theirs (REP-MAP-002, REP-MAP-016).
func (m *ormap) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	into := as[*ormap](change)
	if e.depth >= MaxDepth {
		return tooDeep()
	}
	if e.inMap() {
		m.here, into.here = renew(e, m.here, into.here, whoever, none{})
	}
	given := standsFor(delta)
	if given.GetCleared() { // REP-MAP-012
		for key := range m.entries {
			m.remove(e, key, into)
		}
	}
	for _, key := range given.GetRemoved() {
		m.remove(e, payloadOf(key), into)
	}
	for _, update := range given.GetUpdated() {
		if err := m.change(e, update, into); err != nil {
			return err
		}
	}
	for _, add := range given.GetAdded() {
		if add.GetKey() != nil {
			m.remove(e, payloadOf(add.GetKey()), into) // REP-MAP-014
		}
		if err := m.change(e, add, into); err != nil {
			return err
		}
	}
	return nil
}

func (m *ormap) remove(e *edit, key Payload, into *ormap) {
	for dot := range m.entries[key].dots() {
		e.take(dot)
	}
	delete(m.entries, key)
	delete(into.entries, key)
}

// change changes the value of an entry, which begins with the empty value where
// there is none.
func (m *ormap) change(e *edit, given *replicatedv1.ORMapEntryDelta, into *ormap) error {
	if err := m.wrong(given); err != nil {
		return err
	}
	key, t := payloadOf(given.GetKey()), TypeOf(given.GetDelta())
	value := m.entries[key]
	if len(value) > 0 && value[0].kind() != t {
		return wrong("REP-TYPE-001", "the update says %s of an entry that is of type %s", t, value[0].kind())
	}
	whole, changed := value.of(t), into.entries[key].of(t)
	e.created = len(value) == 0
	e.depth++
	err := whole.apply(e, given.GetDelta(), changed)
	e.depth--
	if err != nil {
		return err
	}
	m.keep(key, value.with(whole))
	into.keep(key, into.entries[key].with(changed))
	return nil
}

// wrong says what is wrong with the entry of an update by itself.
func (m *ormap) wrong(given *replicatedv1.ORMapEntryDelta) error {
	switch t := TypeOf(given.GetDelta()); {
	case given.GetKey() == nil:
		return wrong(m.sentence(), "an entry of the update has no key")
	case given.GetDelta() == nil:
		return wrong(m.sentence(), "an entry of the update has no change of its value")
	case t == Unset:
		return wrong("REP-UPD-001", "an entry of the update has a delta in which no case is set")
	case t.OfOneType():
		return wrong("REP-MAP-017", "an entry of the update is a %s, which no entry may be", t)
	default:
		return nil
	}
}

// sentence is what an entry breaks that lacks something.
func (m *ormap) sentence() string {
	switch m.of {
	case PNCounterMap:
		return "REP-PNMAP-002"
	case LWWRegisterMap:
		return "REP-LWWMAP-002"
	case ORMultiMap:
		return "REP-MULTI-002"
	default:
		return "REP-MAP-001"
	}
}

func (m *ormap) value(view View, held bool) *Value {
	value := &Value{Type: m.of, Entries: make(map[Payload]*Value, len(m.entries))}
	for key, stores := range m.entries {
		value.Entries[key] = stores[0].value(view, held)
	}
	return value
}

func (m *ormap) settle() {
	for _, value := range m.entries {
		for _, s := range value {
			s.settle()
		}
	}
}

func (m *ormap) clone() store {
	copied := &ormap{of: m.of, here: slices.Clone(m.here)}
	for key, value := range m.entries {
		stores := make(entry, len(value))
		for i, s := range value {
			stores[i] = s.clone()
		}
		copied.keep(key, stores)
	}
	return copied
}
