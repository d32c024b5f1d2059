package crdt

import (
	"cmp"
	"iter"
	"math"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// register is an LWWRegister: the writes whose place no other has taken.
type register struct {
	writes marks[write]
	// held is what the function holds in the place of the value, where it made a
	// write that was dropped; nil otherwise.
	held *Payload
}

// write is one write to a register.
type write struct {
	time    int64
	payload Payload
}

// compare orders writes: the greatest is the value (REP-LWW-007).
func (w write) compare(other write) int {
	if c := cmp.Compare(w.time, other.time); c != 0 {
		return c
	}
	return w.payload.compare(other.payload)
}

func (*register) kind() Type { return LWWRegister }

func (r *register) merge(other store, seen, theirs *Context) {
	r.writes = r.writes.merge(as[*register](other).writes, seen, theirs, func(a, b write) write {
		if a.compare(b) < 0 {
			return b
		}
		return a
	})
}

func (r *register) dots() iter.Seq[Dot] { return each(r.writes) }

// winner returns the write that is the value, and whether there is one.
func (r *register) winner() (write, bool) {
	if len(r.writes) == 0 {
		return write{}, false
	}
	return slices.MaxFunc(r.writes, func(a, b mark[write]) int { return a.says.compare(b.says) }).says, true
}

func (r *register) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	given := delta.GetLwwregister()
	if given.GetValue() == nil {
		return wrong("REP-LWW-001", "the update of a register has no value")
	}
	made := write{payload: payloadOf(given.GetValue())}
	shown, known := r.winner()
	made.time = timeOf(given, e.by.Now, shown.time, known)
	if known && made.time < shown.time { // REP-LWW-006
		r.held, *e.astray = &made.payload, true
		return nil
	}
	r.held = nil
	into := as[*register](change)
	r.writes, into.writes = renew(e, r.writes, into.writes, whoever, made)
	return nil
}

// timeOf is the table of REP-LWW-005. At both ends of the range it stops.
func timeOf(given *replicatedv1.LWWRegisterDelta, now, shown int64, known bool) int64 {
	greater, less := int64(math.MinInt64), int64(math.MaxInt64)
	if known {
		greater, less = max(shown, shown+1), min(shown, shown-1)
	}
	switch given.GetClock() {
	case replicatedv1.Clock_CLOCK_REVERSE:
		return min(-now, less)
	case replicatedv1.Clock_CLOCK_CUSTOM:
		return given.GetCustomClockValue()
	case replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT:
		return max(given.GetCustomClockValue(), greater)
	default:
		return max(now, greater)
	}
}

func (r *register) value(_ View, held bool) *Value {
	value := &Value{Type: LWWRegister}
	if held && r.held != nil {
		value.Register = *r.held
	} else if winner, known := r.winner(); known {
		value.Register = winner.payload
	}
	return value
}

func (r *register) settle() { r.held = nil }

func (r *register) clone() store { return &register{slices.Clone(r.writes), r.held} }
