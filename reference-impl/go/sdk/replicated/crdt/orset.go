package crdt

import (
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// ORSet is a set that grows and shrinks. Of an add and a remove at once on two
// proxies, the add wins.
type ORSet[E any] struct{ table[E, struct{}] }

// NewORSet returns an empty set.
func NewORSet[E any](codec Codec[E]) *ORSet[E] { return &ORSet[E]{newTable[E, struct{}](codec)} }

// All yields the elements, in no order.
func (s *ORSet[E]) All() iter.Seq[E] { return elements(&s.table) }

// Add puts the element into the set, and reports whether it was not there.
func (s *ORSet[E]) Add(element E) bool {
	if s.Has(element) {
		return false
	}
	if !s.restore(element) {
		s.add(element, struct{}{})
	}
	return true
}

// Apply removes and adds in this order: cleared, removed, added (REP-ORSET-001).
func (s *ORSet[E]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Orset)
	if !ok {
		return false, wrongType(delta, "ORSet")
	}
	removed, err := s.take(received.Orset.GetCleared(), received.Orset.GetRemoved())
	if err != nil {
		return false, err
	}
	added, err := receiveElements(&s.table, received.Orset.GetAdded())
	return removed || added, err
}

// Delta returns what came and went: after a clear every element that is there,
// otherwise what is new, and what is gone (REP-ORSET-002 to REP-ORSET-004).
func (s *ORSet[E]) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{
		Cleared: s.cleared,
		Removed: s.gone(),
		Added:   addedForms(&s.table), // all that is there, where it was cleared
	}}}
}
