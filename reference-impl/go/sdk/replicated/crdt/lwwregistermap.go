package crdt

import (
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// LWWRegisterMap is a map of registers, each with its own times.
type LWWRegisterMap[K, T any] struct{ entries[K, *LWWRegister[T]] }

// NewLWWRegisterMap returns an empty map.
func NewLWWRegisterMap[K, T any](keys Codec[K], values Codec[T]) *LWWRegisterMap[K, T] {
	return &LWWRegisterMap[K, T]{newEntries(keys, func(K) *LWWRegister[T] {
		var none T // a write follows at once
		return NewLWWRegister(values, none)
	})}
}

// Get returns the value under the key, and whether there is one.
func (m *LWWRegisterMap[K, T]) Get(key K) (value T, there bool) {
	register, there := m.get(key)
	if !there {
		return value, false
	}
	return register.Get(), true
}

// Set sets the value under the key by the proxy's clock.
func (m *LWWRegisterMap[K, T]) Set(key K, value T) { m.SetAt(key, value, Clock{}) }

// SetAt sets the value under the key by this clock.
func (m *LWWRegisterMap[K, T]) SetAt(key K, value T, clock Clock) {
	m.ensure(key).SetAt(value, clock)
}

// All yields keys and values, in no order.
func (m *LWWRegisterMap[K, T]) All() iter.Seq2[K, T] {
	return func(yield func(K, T) bool) {
		for key, register := range m.all() {
			if !yield(key, register.Get()) {
				return
			}
		}
	}
}

// Apply applies the delta of an ORMap for which the delta stands (REP-LWWMAP-001).
func (m *LWWRegisterMap[K, T]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_LwwregisterMap)
	if !ok {
		return false, wrongType(delta, "LWWRegisterMap")
	}
	stands := func(entry *replicatedv1.LWWRegisterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
		return entryDelta(entry.GetKey(), &replicatedv1.Delta{
			Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: entry.GetRegister()},
		})
	}
	return m.apply(&replicatedv1.ORMapDelta{
		Cleared: received.LwwregisterMap.GetCleared(),
		Removed: received.LwwregisterMap.GetRemoved(),
		Updated: each(received.LwwregisterMap.GetUpdated(), stands),
		Added:   each(received.LwwregisterMap.GetAdded(), stands),
	})
}

// Delta returns what stands for the delta of the ORMap (REP-LWWMAP-002).
func (m *LWWRegisterMap[K, T]) Delta() *replicatedv1.Delta {
	short := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.LWWRegisterMapEntryDelta {
		return &replicatedv1.LWWRegisterMapEntryDelta{Key: entry.GetKey(), Register: entry.GetDelta().GetLwwregister()}
	}
	long := m.delta()
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{
		Cleared: long.GetCleared(),
		Removed: long.GetRemoved(),
		Updated: each(long.GetUpdated(), short),
		Added:   each(long.GetAdded(), short),
	}}}
}
