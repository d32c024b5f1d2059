package crdt

import (
	"errors"
	"fmt"
)

// ErrCorrupt says that bytes are no encoding of a state.
var ErrCorrupt = errors.New("no encoding of a replicated state")

// ErrNewer says that a newer version has encoded the state.
var ErrNewer = errors.New("the replicated state was encoded by a newer version")

// Decode returns the state that the bytes encode. They may come from anywhere: an
// error is ErrCorrupt or ErrNewer. What it takes of memory is bounded by their
// length.
func Decode(encoded []byte) (*State, error) {
	r := &reader{in: encoded}
	state := r.state()
	if r.err == nil && len(r.in) > 0 {
		r.failf("%d bytes behind the end", len(r.in))
	}
	if r.err != nil {
		return nil, r.err
	}
	return state, nil
}

func (r *reader) state() *State {
	if v := r.byte(); r.err == nil && v > version {
		r.err = fmt.Errorf("%w: it has version %d, and this one reads %d", ErrNewer, v, version)
		return nil
	} else if v != version {
		r.failf("version %d", v)
		return nil
	}
	state := &State{}
	what := r.byte()
	switch what {
	case isDeleted:
		state.deleted = true
		return state
	case isUnset, isSet:
	default:
		r.failf("it is of the sort %d", what)
		return nil
	}
	r.table()
	r.context(&state.seen)
	r.seen = &state.seen
	if what == isSet {
		state.value = r.store()
		if r.err == nil && state.value == nil {
			r.failf("a value of no type")
		}
	}
	return state
}

// store reads a value of any type, nil where there is none such.
func (r *reader) store() store {
	s := empty(Type(r.byte()))
	if s == nil {
		r.failf("a value of no type")
		return nil
	}
	if r.err == nil {
		s.decode(r)
	}
	return s
}

func (c *counter) decode(r *reader) {
	c.parts = readMarks(r, func() tally { return tally{r.number(), r.number()} })
}

func (v *vote) decode(r *reader) { v.parts = readMarks(r, r.bit) }

func (f *flag) decode(r *reader) { f.writes = readMarks(r, r.bit) }

func (r *register) decode(in *reader) {
	r.writes = readMarks(in, func() write { return write{in.signed(), in.payload()} })
}

func (s *set) decode(r *reader) {
	s.here = readMarks(r, r.nothing)
	n := r.count()
	var last Payload
	for at := range n {
		element := r.payload()
		if at > 0 && element.compare(last) <= 0 {
			r.failf("elements that are not in order")
		}
		added := readMarks(r, r.nothing)
		if len(added) == 0 {
			r.failf("an element that nobody has added")
			return
		}
		last = element
		s.keep(element, added)
	}
}

func (m *ormap) decode(r *reader) {
	if r.depth++; r.depth > MaxDepth {
		r.failf("maps more than %d deep", MaxDepth)
		return
	}
	m.here = readMarks(r, r.nothing)
	n := r.count()
	var last Payload
	for at := range n {
		key := r.payload()
		if at > 0 && key.compare(last) <= 0 {
			r.failf("keys that are not in order")
		}
		value := m.decodeEntry(r)
		if r.err != nil {
			return
		}
		last = key
		m.keep(key, value)
	}
	r.depth--
}

// decodeEntry reads what one key has: at least one value with changes, and none of a
// type that its map may not hold.
func (m *ormap) decodeEntry(r *reader) entry {
	var value entry
	for range r.count() {
		s := r.store()
		if r.err != nil {
			return nil
		}
		if last := len(value) - 1; last >= 0 && value[last].kind() >= s.kind() || s.kind().OfOneType() || !m.holds(s.kind()) {
			r.failf("an entry of type %s where none may be", s.kind())
		}
		if !live(s) {
			r.failf("an entry without changes")
		}
		value = append(value, s)
	}
	if len(value) == 0 {
		r.failf("an entry without a value")
	}
	return value
}

// holds reports whether an entry of the map may be of the type.
func (m *ormap) holds(t Type) bool {
	switch m.of {
	case PNCounterMap:
		return t == PNCounter
	case LWWRegisterMap:
		return t == LWWRegister
	case ORMultiMap:
		return t == ORSet
	default:
		return true
	}
}
