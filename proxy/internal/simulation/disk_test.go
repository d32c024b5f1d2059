package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// disk outlives the proxies that write to it. It is a log of writes, and the store that
// they make.
type disk struct {
	mu  sync.Mutex
	log []written
	// live is what reads see; now is the time of the write that is made anew, or zero.
	live *memory.Store
	now  time.Time
	// claims are, by their shards, the rights to write that other proxies have got, and
	// stray are writes that were taken of a proxy that had lost its own.
	claims map[int32]int64
	stray  []string
}

// written is one write of the log. One that is not synced may be gone after a crash.
type written struct {
	at     time.Time
	apply  func(store.Store) error
	synced bool
}

func newDisk() *disk {
	d := &disk{claims: map[int32]int64{}}
	d.live = memory.NewOn(d.clock)
	return d
}

// clock is that of the store; the caller holds mu while writes are made anew.
func (d *disk) clock() time.Time {
	if d.now.IsZero() {
		return time.Now()
	}
	return d.now
}

// write makes a write, and keeps it where the store takes it.
func (d *disk) write(synced bool, apply func(store.Store) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := apply(d.live)
	if err == nil {
		d.log = append(d.log, written{time.Now(), apply, synced})
	}
	return err
}

// put makes a write of a proxy.
func (d *disk) put(synced bool, op *operation) error {
	err := d.write(synced, op.write)
	if err == nil && op.fence.Epoch < d.newest(op.fence.Shard) {
		d.stray = append(d.stray, op.name)
	}
	return err
}

// crash drops the newest of the writes that are not synced, from a random one on, and
// makes the store anew from the others.
func (d *disk) crash(roll func(int) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := len(d.log)
	for kept > 0 && !d.log[kept-1].synced {
		kept--
	}
	if kept == len(d.log) {
		return
	}
	d.log = d.log[:kept+roll(len(d.log)-kept)]
	d.live = memory.NewOn(d.clock)
	for n := range d.log {
		d.log[n].synced = true
		d.now = d.log[n].at
		if err := d.log[n].apply(d.live); err != nil {
			panic(err) // It was taken before, in the same order.
		}
	}
	d.now = time.Time{}
}

// events returns what is stored of each entity with the persistence id, in its order.
func (d *disk) events(persistence string) (map[string][]store.Entry, error) {
	stored := map[string][]store.Entry{}
	_, err := d.live.Events(context.Background(), persistence, 0, 1<<30, func(entry store.Entry) error {
		stored[entry.Entity] = append(stored[entry.Entity], entry)
		return nil
	})
	return stored, err
}
