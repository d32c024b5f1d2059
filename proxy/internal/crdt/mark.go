package crdt

import "slices"

// mark is one change that is left, and what it says.
type mark[V any] struct {
	dot  Dot
	says V
}

// marks are changes in the order of their dots, each dot once.
type marks[V any] []mark[V]

// none is what a change says that says no more than that it is there.
type none = struct{}

// find returns where the dot stands, or would stand, and whether it is there.
func (m marks[V]) find(dot Dot) (int, bool) {
	return slices.BinarySearchFunc(m, dot, func(at mark[V], dot Dot) int { return at.dot.compare(dot) })
}

// put returns the marks with one more.
func (m marks[V]) put(dot Dot, says V) marks[V] {
	at, _ := m.find(dot)
	return slices.Insert(m, at, mark[V]{dot, says})
}

// newest returns what the replica's newest change says, and whether there is one.
func (m marks[V]) newest(replica string) (says V, found bool) {
	for _, at := range slices.Backward(m) {
		if at.dot.Replica == replica {
			return at.says, true
		}
	}
	return says, false
}

// accounts returns the newest change of each replica (REP-GCOUNTER-003,
// REP-PNCOUNTER-003, REP-VOTE-006). Another is there besides it only where what
// took that away has not come yet.
func (m marks[V]) accounts() marks[V] {
	var newest marks[V]
	for i, at := range m {
		if i+1 == len(m) || m[i+1].dot.Replica != at.dot.Replica {
			newest = append(newest, at)
		}
	}
	return newest
}

// touched reports whether the context has any of the dots: of a large value a small
// delta leaves most as it is.
func (m marks[V]) touched(theirs *Context) bool {
	return slices.ContainsFunc(m, func(at mark[V]) bool { return theirs.Has(at.dot) })
}

// merge joins two sets of marks; seen and theirs are the contexts in which they
// stand. Where both have a dot they say the same, unless a replica has broken the
// rules: then both decides, so that every node decides alike.
func (m marks[V]) merge(other marks[V], seen, theirs *Context, both func(V, V) V) marks[V] {
	if len(other) == 0 {
		return slices.DeleteFunc(m, func(at mark[V]) bool { return theirs.Has(at.dot) })
	}
	joined := make(marks[V], 0, len(m)+len(other))
	for len(m) > 0 || len(other) > 0 {
		switch c := order(m, other); {
		case c == 0:
			joined = append(joined, mark[V]{m[0].dot, both(m[0].says, other[0].says)})
			m, other = m[1:], other[1:]
		case c < 0:
			if !theirs.Has(m[0].dot) {
				joined = append(joined, m[0])
			}
			m = m[1:]
		default:
			if !seen.Has(other[0].dot) {
				joined = append(joined, other[0])
			}
			other = other[1:]
		}
	}
	return joined
}

// order says which of the two begins with the smaller dot.
func order[V any](m, other marks[V]) int {
	switch {
	case len(other) == 0:
		return -1
	case len(m) == 0:
		return 1
	default:
		return m[0].dot.compare(other[0].dot)
	}
}

// same is what two changes under one dot say that have nothing to say.
func same(none, none) none { return none{} }
