package pebble

import (
	"hash/maphash"

	"github.com/stateward/stateward/proxy/internal/store"
)

// heads remembers the heads of some entities' journals, as they are on the disk, so that
// an append to an entity that is busy reads nothing. Each lock of the entities has some
// of the places: whoever uses one holds the lock.
type heads struct {
	seed  maphash.Seed
	slots [headCount]remembered
}

// headCount is how many heads are remembered at most: a multiple of lockCount, so that
// entities which share a place share the lock. They take about a megabyte.
const headCount = 4 * lockCount

// remembered is the head of one entity.
type remembered struct {
	id    store.ID
	head  head
	known bool
}

func newHeads(seed maphash.Seed) *heads { return &heads{seed: seed} }

// slot is where the entity's head may be.
func (h *heads) slot(id store.ID) *remembered {
	return &h.slots[maphash.Comparable(h.seed, id)%headCount]
}

// find returns the entity's head where it is known.
func (h *heads) find(id store.ID) (head, bool) {
	slot := h.slot(id)
	if !slot.known || slot.id != id {
		return head{}, false
	}
	return slot.head, true
}

// keep remembers the head, which is durable, in the place of another entity's.
func (h *heads) keep(id store.ID, durable head) {
	*h.slot(id) = remembered{id: id, head: durable, known: true}
}

// forget forgets the head, of which it is not known what is on the disk.
func (h *heads) forget(id store.ID) { *h.slot(id) = remembered{} }
