package crdt

import (
	"iter"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// set is a GSet or an ORSet: an element is in it while a change is left that added
// it (REP-ORSET-007, REP-GSET-003).
type set struct {
	of Type
	// here are the changes that put the set into a map, empty or not. A set that is
	// in none has no such changes.
	here     marks[none]
	elements map[Payload]marks[none]
}

func (s *set) kind() Type { return s.of }

func (s *set) merge(other store, seen, theirs *Context) {
	from := as[*set](other)
	s.here = s.here.merge(from.here, seen, theirs, same)
	for element, added := range s.elements {
		if beside := from.elements[element]; beside != nil || added.touched(theirs) {
			s.keep(element, added.merge(beside, seen, theirs, same))
		}
	}
	for element, added := range from.elements {
		if _, merged := s.elements[element]; !merged {
			s.keep(element, marks[none](nil).merge(added, seen, theirs, same))
		}
	}
}

// keep sets the changes that added the element: none, and it is not in the set.
func (s *set) keep(element Payload, added marks[none]) {
	switch {
	case len(added) == 0:
		delete(s.elements, element)
	case s.elements == nil:
		s.elements = map[Payload]marks[none]{element: added}
	default:
		s.elements[element] = added
	}
}

func (s *set) dots() iter.Seq[Dot] {
	return func(yield func(Dot) bool) {
		for dot := range each(s.here) {
			if !yield(dot) {
				return
			}
		}
		for _, added := range s.elements {
			for dot := range each(added) {
				if !yield(dot) {
					return
				}
			}
		}
	}
}

func (s *set) apply(e *edit, delta *replicatedv1.Delta, change store) error {
	into := as[*set](change)
	if e.inMap() {
		s.here, into.here = renew(e, s.here, into.here, whoever, none{})
	}
	if delta.GetOrset().GetCleared() { // REP-ORSET-008
		for element := range s.elements {
			s.remove(e, element, into)
		}
	}
	for _, element := range delta.GetOrset().GetRemoved() {
		s.remove(e, payloadOf(element), into)
	}
	s.add(e, delta.GetOrset().GetAdded(), into)
	s.add(e, delta.GetGset().GetAdded(), into)
	return nil
}

func (s *set) remove(e *edit, element Payload, into *set) {
	for dot := range each(s.elements[element]) {
		e.take(dot)
	}
	delete(s.elements, element)
	delete(into.elements, element)
}

// add puts the elements in, anew where they are there (REP-MERGE-004). To a GSet that
// nobody can remove that would be no change.
func (s *set) add(e *edit, added []*anypb.Any, into *set) {
	for _, message := range added {
		element := payloadOf(message)
		if _, there := s.elements[element]; there && s.of == GSet && !e.inMap() {
			continue
		}
		whole, changed := renew(e, s.elements[element], into.elements[element], whoever, none{})
		s.keep(element, whole)
		into.keep(element, changed)
	}
}

func (s *set) value(View, bool) *Value {
	value := &Value{Type: s.of, Elements: make(map[Payload]struct{}, len(s.elements))}
	for element := range s.elements {
		value.Elements[element] = struct{}{}
	}
	return value
}

func (s *set) settle() {}

func (s *set) clone() store {
	copied := &set{of: s.of, here: slices.Clone(s.here)}
	for element, added := range s.elements {
		copied.keep(element, slices.Clone(added))
	}
	return copied
}
