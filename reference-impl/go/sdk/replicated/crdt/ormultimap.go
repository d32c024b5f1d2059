package crdt

import (
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// ORMultiMap is a map of sets. A key stays until it is deleted, with an empty set
// where nothing else is left.
type ORMultiMap[K, E any] struct{ entries[K, *ORSet[E]] }

// NewORMultiMap returns an empty map.
func NewORMultiMap[K, E any](keys Codec[K], elements Codec[E]) *ORMultiMap[K, E] {
	return &ORMultiMap[K, E]{newEntries(keys, func(K) *ORSet[E] { return NewORSet(elements) })}
}

// Get returns the set under the key, and whether there is one. What is done to
// the set is done to the map, until the key is deleted.
func (m *ORMultiMap[K, E]) Get(key K) (set *ORSet[E], there bool) { return m.get(key) }

// Ensure returns the set under the key; where there is none it creates one.
func (m *ORMultiMap[K, E]) Ensure(key K) *ORSet[E] { return m.ensure(key) }

// All yields keys and sets, in no order.
func (m *ORMultiMap[K, E]) All() iter.Seq2[K, *ORSet[E]] { return m.all() }

// Apply applies the delta of an ORMap for which the delta stands (REP-MULTI-001).
func (m *ORMultiMap[K, E]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_OrmultiMap)
	if !ok {
		return false, wrongType(delta, "ORMultiMap")
	}
	stands := func(entry *replicatedv1.ORMultiMapEntryDelta) *replicatedv1.ORMapEntryDelta {
		return entryDelta(entry.GetKey(), &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: entry.GetSet()}})
	}
	return m.apply(&replicatedv1.ORMapDelta{
		Cleared: received.OrmultiMap.GetCleared(),
		Removed: received.OrmultiMap.GetRemoved(),
		Updated: each(received.OrmultiMap.GetUpdated(), stands),
		Added:   each(received.OrmultiMap.GetAdded(), stands),
	})
}

// Delta returns what stands for the delta of the ORMap (REP-MULTI-002).
func (m *ORMultiMap[K, E]) Delta() *replicatedv1.Delta {
	short := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.ORMultiMapEntryDelta {
		return &replicatedv1.ORMultiMapEntryDelta{Key: entry.GetKey(), Set: entry.GetDelta().GetOrset()}
	}
	long := m.delta()
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{
		Cleared: long.GetCleared(),
		Removed: long.GetRemoved(),
		Updated: each(long.GetUpdated(), short),
		Added:   each(long.GetAdded(), short),
	}}}
}
