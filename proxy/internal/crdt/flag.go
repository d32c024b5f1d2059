package crdt

import (
	"iter"
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// flag is a Flag: true once any of its changes says so (REP-FLAG-003).
type flag struct{ writes marks[bool] }

func (*flag) kind() Type { return Flag }

func (f *flag) merge(other store, seen, theirs *Context) {
	f.writes = f.writes.merge(as[*flag](other).writes, seen, theirs, func(a, b bool) bool { return a || b })
}

func (f *flag) dots() iter.Seq[Dot] { return each(f.writes) }

func (f *flag) isSet() bool {
	return slices.ContainsFunc(f.writes, func(at mark[bool]) bool { return at.says })
}

func (f *flag) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	given, was := delta.GetFlag().GetValue(), f.isSet()
	if was && !given {
		return wrong("REP-FLAG-001", "the update says false of a flag that is true")
	}
	if !e.inMap() && given == was {
		return nil // REP-UPD-007, and one that sets it is enough
	}
	made := as[*flag](change)
	f.writes, made.writes = renew(e, f.writes, made.writes, whoever, given)
	return nil
}

func (f *flag) value(View, bool) *Value { return &Value{Type: Flag, Set: f.isSet()} }

func (f *flag) settle() {}

func (f *flag) clone() store { return &flag{slices.Clone(f.writes)} }
