package crdt

import (
	"iter"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// ORMap is entries of a key and a value. The values are of one Go type V, such
// as *PNCounter; where V is [Entry], each key may have its own. Of a change and a
// remove of an entry at once on two proxies, the change wins. An entry that is created
// after a delete of its key is a new one. A map may stand in a map, 16 deep.
type ORMap[K any, V Entry] struct{ entries[K, V] }

// NewORMap returns an empty map. create makes the value of a new entry, always
// of the same type for the same key, so that no two proxies choose differently.
func NewORMap[K any, V Entry](codec Codec[K], create func(key K) V) *ORMap[K, V] {
	return &ORMap[K, V]{newEntries(codec, create)}
}

// Get returns the value under the key, and whether there is one. What is done to
// the value is done to the map, until the entry is deleted.
func (m *ORMap[K, V]) Get(key K) (value V, there bool) { return m.get(key) }

// Ensure returns the value under the key; where there is none it creates one.
func (m *ORMap[K, V]) Ensure(key K) V { return m.ensure(key) }

// All yields the entries, in no order. Deleting some meanwhile is as in Go's maps.
func (m *ORMap[K, V]) All() iter.Seq2[K, V] { return m.all() }

// Apply implements [Value].
func (m *ORMap[K, V]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Ormap)
	if !ok {
		return false, wrongType(delta, "ORMap")
	}
	return m.apply(received.Ormap)
}

// Delta implements [Value].
func (m *ORMap[K, V]) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: m.delta()}}
}
