package crdt

import (
	"iter"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// GSet is a set that grows. It embeds no table, which could shrink it.
type GSet[E any] struct{ table table[E, struct{}] }

// NewGSet returns an empty set.
func NewGSet[E any](codec Codec[E]) *GSet[E] { return &GSet[E]{newTable[E, struct{}](codec)} }

// Len returns how many elements there are.
func (s *GSet[E]) Len() int { return s.table.Len() }

// Has reports whether the element is in the set.
func (s *GSet[E]) Has(element E) bool { return s.table.Has(element) }

// All yields the elements, in no order.
func (s *GSet[E]) All() iter.Seq[E] { return elements(&s.table) }

// Add puts the element into the set, and reports whether it was not there.
func (s *GSet[E]) Add(element E) bool {
	if s.table.Has(element) {
		return false
	}
	s.table.add(element, struct{}{})
	return true
}

// Apply adds what the delta adds; what is there already changes nothing
// (REP-GSET-002).
func (s *GSet[E]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Gset)
	if !ok {
		return false, wrongType(delta, "GSet")
	}
	return receiveElements(&s.table, received.Gset.GetAdded())
}

// Changed implements [Value].
func (s *GSet[E]) Changed() bool { return s.table.Changed() }

// Delta returns the elements that were added (REP-GSET-001).
func (s *GSet[E]) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{
		Gset: &replicatedv1.GSetDelta{Added: addedForms(&s.table)},
	}}
}

// Commit implements [Value].
func (s *GSet[E]) Commit() { s.table.Commit() }

// Rollback implements [Value].
func (s *GSet[E]) Rollback() { s.table.Rollback() }

// elements yields the keys of a set's table.
func elements[E any](t *table[E, struct{}]) iter.Seq[E] {
	return func(yield func(E) bool) {
		for row := range t.all() {
			if !yield(row.key) {
				return
			}
		}
	}
}

// receiveElements puts elements from elsewhere into a set's table.
func receiveElements[E any](t *table[E, struct{}], forms []*anypb.Any) (changed bool, err error) {
	for _, form := range forms {
		id, element, found, err := t.receive(form)
		if err != nil {
			return false, err
		}
		if found == nil {
			t.put(id, &row[E, struct{}]{key: element, form: form})
			changed = true
		}
	}
	return changed, nil
}

// addedForms returns the elements that were added to a set, in order.
func addedForms[E any](t *table[E, struct{}]) []*anypb.Any {
	var forms []*anypb.Any
	for _, row := range sorted(t.added) {
		forms = append(forms, row.form)
	}
	return forms
}
