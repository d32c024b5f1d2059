package crdt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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

// reader takes an encoding apart. After the first error it reads zeros.
type reader struct {
	in    []byte
	err   error
	names []string
	seen  *Context
	depth int
}

func (r *reader) failf(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
	}
	r.in = nil
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

func (r *reader) byte() byte {
	if len(r.in) == 0 {
		r.failf("it ends too soon")
		return 0
	}
	b := r.in[0]
	r.in = r.in[1:]
	return b
}

func (r *reader) bit() bool {
	b := r.byte()
	if b > 1 {
		r.failf("%d in the place of a bit", b)
	}
	return b == 1
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.in)
	if size <= 0 {
		r.failf("a number that does not end")
		return 0
	}
	r.in = r.in[size:]
	return n
}

func (r *reader) signed() int64 {
	n, size := binary.Varint(r.in)
	if size <= 0 {
		r.failf("a number that does not end")
		return 0
	}
	r.in = r.in[size:]
	return n
}

// count reads how many things follow, each of which takes a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.in)) {
		r.failf("%d things in %d bytes", n, len(r.in))
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.in[:n])
	r.in = r.in[n:]
	return s
}

func (r *reader) table() {
	n := r.count()
	for range n {
		name := r.text()
		if last := len(r.names) - 1; last >= 0 && r.names[last] >= name {
			r.failf("the names are not in order")
		}
		r.names = append(r.names, name)
	}
}

func (r *reader) name() string {
	at := r.number()
	if at >= uint64(len(r.names)) {
		r.failf("name %d of %d", at, len(r.names))
		return ""
	}
	return r.names[at]
}

func (r *reader) payload() Payload { return Payload{Type: r.name(), Bytes: r.text()} }

func (r *reader) context(c *Context) {
	n := r.count()
	last := ""
	for at := range n {
		replica := r.name()
		if at > 0 && replica <= last {
			r.failf("the replicas are not in order")
		}
		last = replica
		runs := r.runs()
		if r.err != nil {
			return
		}
		if c.runs == nil {
			c.runs = make(map[string][]run, n)
		}
		c.runs[replica] = runs
	}
}

// runs reads runs that have a gap between any two: the first begins 1 behind 0 at
// least, and each other 2 behind the last.
func (r *reader) runs() []run {
	var runs []run
	n := r.count()
	if n == 0 {
		r.failf("a replica without changes")
	}
	var end uint64
	for at := range n {
		gap, length := r.number(), r.number()
		first := end + gap
		if gap == 0 || at > 0 && gap == 1 || gap > math.MaxUint64-end || length > math.MaxUint64-first {
			r.failf("runs that are not in order")
			return nil
		}
		end = first + length
		runs = append(runs, run{first, end})
	}
	return runs
}

// dot reads a dot, which is one of the context.
func (r *reader) dot() Dot {
	dot := Dot{Replica: r.name(), Number: r.number()}
	if r.err == nil && !r.seen.Has(dot) {
		r.failf("a change that the context does not have")
	}
	return dot
}

func readMarks[V any](r *reader, says func() V) marks[V] {
	var m marks[V]
	n := r.count()
	for range n {
		dot := r.dot()
		if last := len(m) - 1; last >= 0 && m[last].dot.compare(dot) >= 0 {
			r.failf("changes that are not in order")
		}
		said := says()
		if r.err != nil {
			return nil
		}
		m = append(m, mark[V]{dot, said})
	}
	return m
}

func (r *reader) nothing() none { return none{} }

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
