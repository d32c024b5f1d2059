package pebble

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
)

// TestHeads covers what an append finds without reading: the head of the entity that was
// written last in the place, and of no other.
func TestHeads(t *testing.T) {
	t.Parallel()
	h := newHeads(newLocks().seed)
	one, other := store.ID{Persistence: "cart", Entity: "1"}, store.ID{Persistence: "cart", Entity: "2"}
	if _, known := h.find(one); known {
		t.Error("a head is known before any was kept")
	}
	h.keep(one, headAt(6))
	if got, known := h.find(one); !known || got != headAt(6) {
		t.Errorf("found %v, %v", got, known)
	}
	*h.slot(one) = remembered{id: other, head: headAt(9), known: true} // in the same place
	if got, known := h.find(one); known {
		t.Errorf("found %v, which is another entity's", got)
	}
	h.keep(one, headAt(7))
	h.forget(one)
	if _, known := h.find(one); known {
		t.Error("a head is known that was forgotten")
	}
}

// TestHeadAfterAppend covers that a head is known from one append to the next, and not
// while it is open what a commit has left on the disk.
func TestHeadAfterAppend(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := store.ID{Persistence: "cart", Entity: "one"}
	for expected := range int64(3) {
		if err := appendOne(t, s, "one", expected); err != nil {
			t.Fatal(err)
		}
		if got, known := s.heads.find(id); !known || got != headAt(expected+1) {
			t.Errorf("after %d events the head is %v, %v", expected+1, got, known)
		}
	}
	if err := appendOne(t, s, "one", 1); err == nil {
		t.Error("an append behind the head was taken")
	}
	if got, _ := s.heads.find(id); got != headAt(3) {
		t.Errorf("after a refused append the head is %v", got)
	}
}
