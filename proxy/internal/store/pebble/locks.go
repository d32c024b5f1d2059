package pebble

import (
	"context"
	"hash/maphash"

	"github.com/stateward/stateward/proxy/internal/store"
)

// lockCount is how many locks the entities share. Two writers wait for each
// other by chance once in so many pairs, and the chance of that among 64 is small.
const lockCount = 4096

// locks lets one Append of an entity at a time be under way.
type locks struct {
	seed  maphash.Seed
	slots [lockCount]chan struct{} // each holds one token while it is locked
}

func newLocks() *locks {
	l := &locks{seed: maphash.MakeSeed()}
	for i := range l.slots {
		l.slots[i] = make(chan struct{}, 1)
	}
	return l
}

// lock locks the entity and returns what unlocks it. It gives up with the
// context's error, or, when the entity is locked and stalled is closed, with
// errStalled.
func (l *locks) lock(ctx context.Context, id store.ID, stalled <-chan struct{}) (func(), error) {
	slot := l.slots[maphash.Comparable(l.seed, id)%lockCount]
	unlock := func() { <-slot }
	select {
	case slot <- struct{}{}:
		return unlock, nil
	default:
	}
	select {
	case slot <- struct{}{}:
		return unlock, nil
	case <-stalled:
		return nil, errStalled
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
