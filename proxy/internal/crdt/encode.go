package crdt

import (
	"encoding/binary"
	"slices"
)

// version begins every encoding. FORMAT.md says what follows.
const version = 1

// What the second byte says.
const (
	isUnset = iota
	isSet
	isDeleted
)

// Encode returns the state in bytes: the same bytes for the same state, whatever led
// to it. FORMAT.md says what they mean.
func (s *State) Encode() []byte {
	if s.deleted {
		return []byte{version, isDeleted}
	}
	w := &writer{names: s.names()}
	w.out = append(w.out, version, isUnset)
	w.count(len(w.names))
	for _, name := range w.names {
		w.text(name)
	}
	w.context(&s.seen)
	if s.value != nil {
		w.out[1] = isSet
		w.store(s.value)
	}
	return w.out
}

// names returns the replicas and type URLs of the state, in order.
func (s *State) names() []string {
	var names []string
	last := ""
	add := func(name string) {
		if len(names) == 0 || name != last { // Most elements have the type of the one before.
			names, last = append(names, name), name
		}
	}
	for replica := range s.seen.runs {
		add(replica)
	}
	if s.value != nil {
		s.value.names(add)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// writer appends an encoding.
type writer struct {
	out []byte
	// names is the table, in order.
	names []string
}

func (w *writer) number(n uint64) { w.out = binary.AppendUvarint(w.out, n) }

func (w *writer) count(n int) { w.number(uint64(n)) }

func (w *writer) text(s string) {
	w.count(len(s))
	w.out = append(w.out, s...)
}

func (w *writer) bit(b bool) {
	var bit byte
	if b {
		bit = 1
	}
	w.out = append(w.out, bit)
}

// name writes a replica or a type URL as its place in the table.
func (w *writer) name(name string) {
	at, _ := slices.BinarySearch(w.names, name)
	w.count(at)
}

func (w *writer) dot(dot Dot) {
	w.name(dot.Replica)
	w.number(dot.Number)
}

func (w *writer) payload(p Payload) {
	w.name(p.Type)
	w.text(p.Bytes)
}

// context writes of each run how far it begins behind the last one, and how long it is.
func (w *writer) context(c *Context) {
	w.count(len(c.runs))
	for replica, runs := range c.sorted() {
		w.name(replica)
		w.count(len(runs))
		var end uint64
		for _, r := range runs {
			w.number(r.first - end)
			w.number(r.last - r.first)
			end = r.last
		}
	}
}

func (w *writer) store(s store) {
	w.out = append(w.out, byte(s.kind()))
	s.encode(w)
}

// writeMarks writes the changes in the order of their dots.
func writeMarks[V any](w *writer, m marks[V], says func(V)) {
	w.count(len(m))
	for _, at := range m {
		w.dot(at.dot)
		says(at.says)
	}
}

func (w *writer) nothing(none) {}

func (c *counter) encode(w *writer) {
	writeMarks(w, c.parts, func(t tally) {
		w.number(t.added)
		w.number(t.taken)
	})
}

func (v *vote) encode(w *writer) { writeMarks(w, v.parts, w.bit) }

func (f *flag) encode(w *writer) { writeMarks(w, f.writes, w.bit) }

func (r *register) encode(w *writer) {
	writeMarks(w, r.writes, func(made write) {
		w.out = binary.AppendVarint(w.out, made.time)
		w.payload(made.payload)
	})
}

func (s *set) encode(w *writer) {
	writeMarks(w, s.here, w.nothing)
	w.count(len(s.elements))
	for element, added := range sorted(s.elements) {
		w.payload(element)
		writeMarks(w, added, w.nothing)
	}
}

func (m *ormap) encode(w *writer) {
	writeMarks(w, m.here, w.nothing)
	w.count(len(m.entries))
	for key, value := range sorted(m.entries) {
		w.payload(key)
		w.count(len(value))
		for _, s := range value {
			w.store(s)
		}
	}
}

// The replicas of a store are those of its context. What is left are type URLs.

func (c *counter) names(func(string)) {}

func (v *vote) names(func(string)) {}

func (f *flag) names(func(string)) {}

func (r *register) names(each func(string)) {
	for _, at := range r.writes {
		each(at.says.payload.Type)
	}
}

func (s *set) names(each func(string)) {
	for element := range s.elements {
		each(element.Type)
	}
}

func (m *ormap) names(each func(string)) {
	for key, value := range m.entries {
		each(key.Type)
		for _, s := range value {
			s.names(each)
		}
	}
}
