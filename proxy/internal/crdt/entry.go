package crdt

import (
	"cmp"
	"iter"
	"slices"
)

// entry is what one key has: a store with changes for each type, in the order of
// their numbers. The first is its value; another is the value once all of the first
// has been taken away (REP-MAP-013).
type entry []store

// find returns where the type's store stands, or would stand, and whether it is there.
func (n entry) find(t Type) (int, bool) {
	return slices.BinarySearchFunc(n, t, func(s store, t Type) int { return cmp.Compare(s.kind(), t) })
}

// of returns the type's store, which is empty where there is none.
func (n entry) of(t Type) store {
	if at, found := n.find(t); found {
		return n[at]
	}
	return empty(t)
}

// with returns the entry with the store of its type, and without it where no change
// is left of it.
func (n entry) with(s store) entry {
	at, found := n.find(s.kind())
	switch left := live(s); {
	case found && !left:
		return slices.Delete(n, at, at+1)
	case found:
		n[at] = s
		return n
	case left:
		return slices.Insert(n, at, s)
	default:
		return n
	}
}

// touched reports whether the context has any of the entry's dots.
func (n entry) touched(theirs *Context) bool {
	for dot := range n.dots() {
		if theirs.Has(dot) {
			return true
		}
	}
	return false
}

// merge joins two entries of one key, each type by itself (REP-MAP-010).
func (n entry) merge(other entry, seen, theirs *Context) entry {
	for _, t := range types(n, other) {
		joined := n.of(t)
		joined.merge(other.of(t), seen, theirs)
		n = n.with(joined)
	}
	return n
}

// types returns those of which either entry has a store, each once.
func types(entries ...entry) []Type {
	var all []Type
	for _, n := range entries {
		for _, s := range n {
			if !slices.Contains(all, s.kind()) {
				all = append(all, s.kind())
			}
		}
	}
	return all
}

func (n entry) dots() iter.Seq[Dot] {
	return func(yield func(Dot) bool) {
		for _, s := range n {
			for dot := range s.dots() {
				if !yield(dot) {
					return
				}
			}
		}
	}
}
