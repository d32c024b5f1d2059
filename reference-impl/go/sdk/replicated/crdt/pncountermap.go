package crdt

import (
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// PNCounterMap is a map of counters.
type PNCounterMap[K any] struct{ entries[K, *PNCounter] }

// NewPNCounterMap returns an empty map.
func NewPNCounterMap[K any](codec Codec[K]) *PNCounterMap[K] {
	return &PNCounterMap[K]{newEntries(codec, func(K) *PNCounter { return NewPNCounter() })}
}

// Get returns the count under the key, and whether there is one.
func (m *PNCounterMap[K]) Get(key K) (count int64, there bool) {
	counter, there := m.get(key)
	if !there {
		return 0, false
	}
	return counter.Value(), true
}

// Add adds n to the counter under the key, and creates it first, of 0, where
// there is none. Its error is [ErrRange]; the counter is then as it was.
func (m *PNCounterMap[K]) Add(key K, n int64) error { return m.ensure(key).Add(n) }

// All yields keys and counts, in no order.
func (m *PNCounterMap[K]) All() iter.Seq2[K, int64] {
	return func(yield func(K, int64) bool) {
		for key, counter := range m.all() {
			if !yield(key, counter.Value()) {
				return
			}
		}
	}
}

// Apply applies the delta of an ORMap for which the delta stands (REP-PNMAP-001).
func (m *PNCounterMap[K]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_PncounterMap)
	if !ok {
		return false, wrongType(delta, "PNCounterMap")
	}
	stands := func(entry *replicatedv1.PNCounterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
		return entryDelta(entry.GetKey(), (&PNCounter{change: entry.GetChange()}).Delta())
	}
	return m.apply(&replicatedv1.ORMapDelta{
		Cleared: received.PncounterMap.GetCleared(),
		Removed: received.PncounterMap.GetRemoved(),
		Updated: each(received.PncounterMap.GetUpdated(), stands),
		Added:   each(received.PncounterMap.GetAdded(), stands),
	})
}

// Delta returns what stands for the delta of the ORMap (REP-PNMAP-002).
func (m *PNCounterMap[K]) Delta() *replicatedv1.Delta {
	short := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.PNCounterMapEntryDelta {
		return &replicatedv1.PNCounterMapEntryDelta{Key: entry.GetKey(), Change: entry.GetDelta().GetPncounter().GetChange()}
	}
	long := m.delta()
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
		Cleared: long.GetCleared(),
		Removed: long.GetRemoved(),
		Updated: each(long.GetUpdated(), short),
		Added:   each(long.GetAdded(), short),
	}}}
}

// each returns what f makes of each of these; nil of none.
func each[A, B any](all []A, f func(A) B) []B {
	var made []B
	for _, one := range all {
		made = append(made, f(one))
	}
	return made
}
