package crdt

import (
	"fmt"
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// store is what is left of the changes of one value: one implementation for each
// type.
type store interface {
	// kind is the type of the value.
	kind() Type
	// merge joins the other, which is of the same type and is not kept. The contexts
	// are those in which the two stand.
	merge(other store, seen, theirs *Context)
	// dots goes through the changes that are left, in whatever order.
	dots() iter.Seq[Dot]
	// apply does to the value what the delta says, and does the same to change,
	// which becomes what the delta alone has changed. After an error both are spoilt.
	apply(e *edit, delta *replicatedv1.Delta, change store) error
	// value is the plain value; as the function holds it, where held.
	value(view View, held bool) *Value
	// settle says that the function holds the value as it is.
	settle()
	// clone returns a copy that shares nothing that is written to.
	clone() store
	// names calls for each name that the encoding takes from its table.
	names(each func(string))
	// encode and decode write and read the store.
	encode(w *writer)
	decode(r *reader)
}

// empty returns the store of the type's empty value; nil where there is no such type.
func empty(t Type) store {
	switch t {
	case GCounter, PNCounter:
		return &counter{of: t}
	case GSet, ORSet:
		return &set{of: t}
	case LWWRegister:
		return &register{}
	case Flag:
		return &flag{}
	case Vote:
		return &vote{}
	case ORMap, PNCounterMap, LWWRegisterMap, ORMultiMap:
		return &ormap{of: t}
	default:
		return nil
	}
}

// as returns the store as what it is known to be: only those of one type meet.
func as[S store](s store) S {
	known, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("crdt: a %T in the place of a %T", s, known))
	}
	return known
}

// live reports whether any change is left.
func live(s store) bool {
	for range s.dots() {
		return true
	}
	return false
}

// edit is one update on its way into a state.
type edit struct {
	by Author
	// seen is the context of the state, and made that of the change.
	seen, made *Context
	// depth is how many maps the value stands in.
	depth int
	// created says that the update makes the value.
	created bool
	// astray is set where the function does not hold what the state says.
	astray *bool
}

// add gives the next change its dot.
func (e *edit) add() Dot {
	dot := e.seen.next(e.by.Replica)
	e.seen.Add(dot)
	e.made.Add(dot)
	return dot
}

// take takes away the change with the dot.
func (e *edit) take(dot Dot) { e.made.Add(dot) }

// inMap reports whether the value is that of a map's entry: there each change counts,
// one that comes to nothing as well, since a remove of the entry leaves it
// (REP-MERGE-004).
func (e *edit) inMap() bool { return e.depth > 0 }

// renew makes one change in the place of those for which over says so, in the value
// and in what is changed.
func renew[V any](e *edit, value, change marks[V], over func(Dot) bool, says V) (renewed, changed marks[V]) {
	value = takeAll(e, value, over)
	change = takeAll(e, change, over)
	dot := e.add()
	return value.put(dot, says), change.put(dot, says)
}

// takeAll takes away the changes for which over says so.
func takeAll[V any](e *edit, value marks[V], over func(Dot) bool) marks[V] {
	var left marks[V]
	for _, at := range value {
		if over(at.dot) {
			e.take(at.dot)
		} else {
			left = append(left, at)
		}
	}
	return left
}

// own reports of each dot whether the author of the update made it.
func (e *edit) own(dot Dot) bool { return dot.Replica == e.by.Replica }

// whoever is for what an update replaces whoever made it.
func whoever(Dot) bool { return true }

// each goes through the dots of the marks.
func each[V any](m marks[V]) iter.Seq[Dot] {
	return func(yield func(Dot) bool) {
		for _, at := range m {
			if !yield(at.dot) {
				return
			}
		}
	}
}
