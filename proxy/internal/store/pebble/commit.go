package pebble

import (
	"errors"
	"sync"

	pebbledb "github.com/cockroachdb/pebble/v2"
)

const (
	// maxQueue is how many writes wait for the committer at most.
	maxQueue = 1024
	// maxGroup is how many bytes the writes of one commit have at most, but for the
	// first: pebble turns a larger batch into a table of its own.
	maxGroup = 1 << 20
)

// committer makes writes durable, in one commit all that have come while the last one
// was made. It is one goroutine: its stack has grown once to what pebble takes, and one
// commit of many writes costs little more than that of one.
type committer struct {
	store *Store
	queue chan *writes
	// running is the goroutine.
	running sync.WaitGroup
}

func newCommitter(s *Store) *committer {
	c := &committer{store: s, queue: make(chan *writes, maxQueue)}
	c.running.Go(c.run)
	return c
}

// close ends the goroutine. Nothing is queued any more.
func (c *committer) close() {
	close(c.queue)
	c.running.Wait()
}

// run commits until close.
func (c *committer) run() {
	var group []*writes
	next := <-c.queue
	for next != nil {
		group, next = c.gather(append(group[:0], next))
		err := c.store.commit(group)
		for _, w := range group {
			w.finish(c.store, err)
		}
		clear(group) // it keeps none of them alive
		if next == nil {
			next = <-c.queue
		}
	}
}

// gather adds to the group what waits. It returns the first write that is for the next
// group; nil when there is none.
func (c *committer) gather(group []*writes) (all []*writes, next *writes) {
	size := group[0].batch.Len()
	for {
		select {
		case w := <-c.queue: // nil when it is closed
			if w == nil {
				return group, nil
			}
			if size += w.batch.Len(); size > maxGroup {
				return group, w
			}
			group = append(group, w)
		default:
			return group, nil
		}
	}
}

// commit makes the writes durable, all or none. Pebble calls a commit done when the
// disk was dropped under it; the disk knows better. Where it fails, the offsets stay
// open: what is behind them is not known before the store is opened again.
func (s *Store) commit(group []*writes) error {
	all, mode := group[0].batch, pebbledb.NoSync
	for i, w := range group {
		if !w.lazy {
			mode = pebbledb.Sync
		}
		if w.head != nil {
			s.heads.forget(w.id)
		}
		if i > 0 {
			if err := all.Apply(w.batch, nil); err != nil {
				return err
			}
		}
	}
	if err := all.Commit(mode); err != nil {
		return err
	}
	if err := s.disk.Err(); err != nil {
		return err
	}
	for _, w := range group {
		s.offsets.settle(w.offset)
		if w.head != nil {
			s.heads.keep(w.id, *w.head)
		}
	}
	return nil
}

// finish lets others at the entity, and tells what became of the commit.
func (w *writes) finish(s *Store, err error) {
	defer s.calls.Done()
	err = errors.Join(err, w.batch.Close())
	w.unlock()
	w.done <- err
}
