package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stateward/stateward/proxy/internal/store"
)

// together does the work, 64 pieces at a time, and fails the test at an error.
func (c trial) together(work []func() error) {
	c.t.Helper()
	var group errgroup.Group
	group.SetLimit(64)
	for _, piece := range work {
		group.Go(piece)
	}
	if err := group.Wait(); err != nil {
		c.t.Fatal(err)
	}
}

func (c trial) writersOnManyEntities() {
	const rounds = 5
	var writers []func() error
	for i := range 64 {
		id := store.ID{Persistence: "cart", Entity: strconv.Itoa(i)}
		writers = append(writers, func() error {
			for sequence := range int64(rounds) {
				if err := c.store.Append(c.t.Context(), id, batch(sequence, fmt.Sprint(i, " ", sequence))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	c.together(writers)
	for i := range 64 {
		var payloads []string
		for sequence := range rounds {
			payloads = append(payloads, fmt.Sprint(i, " ", sequence))
		}
		c.expect(store.ID{Persistence: "cart", Entity: strconv.Itoa(i)}, history{Events: events(1, payloads...)})
	}
}

// writersOnOneEntity lets writers race for each sequence: whoever loses
// goes on at the next one.
func (c trial) writersOnOneEntity() {
	const last = 40
	var mu sync.Mutex
	winners := map[int64][]string{} // who was told that it had stored the event after the sequence
	var writers []func() error
	for i := range 16 {
		writers = append(writers, func() error {
			for sequence := range int64(last) {
				payload := fmt.Sprint("writer ", i, " at ", sequence)
				err := c.store.Append(c.t.Context(), cartID(), batch(sequence, payload))
				if err == nil {
					mu.Lock()
					winners[sequence] = append(winners[sequence], payload)
					mu.Unlock()
				} else if !errors.Is(err, store.ErrConflict) {
					return err
				}
			}
			return nil
		})
	}
	c.together(writers)

	var payloads []string
	for sequence := range int64(last) {
		if len(winners[sequence]) != 1 {
			c.t.Fatalf("the sequence %d was won by %q, want one writer", sequence+1, winners[sequence])
		}
		payloads = append(payloads, winners[sequence][0])
	}
	c.expect(cartID(), history{Events: events(1, payloads...)})
}

// loadSeesOneMoment loads while a writer appends two events and now and
// then a snapshot. A Load that mixed two moments would pass on half a batch, a
// snapshot without what follows it, or an end before what was durable at its start.
func (c trial) loadSeesOneMoment() {
	const batches = 60
	var mu sync.Mutex
	durable := int64(0) // guarded by mu
	atLeast := func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return durable
	}
	write := func() error {
		for i := range int64(batches) {
			b := batch(i*2, "x", "y")
			if i%4 == 3 {
				b.Snapshot = snapshot(i*2+2, "state")
			}
			if err := c.store.Append(c.t.Context(), cartID(), b); err != nil {
				return err
			}
			mu.Lock()
			durable = i*2 + 2
			mu.Unlock()
		}
		return nil
	}
	load := func() error {
		for seen := int64(0); seen < batches*2; {
			least := atLeast()
			h, err := read(c.t.Context(), c.store, cartID())
			if err != nil {
				return err
			}
			if seen, err = end(h); err != nil {
				return err
			}
			if seen < least || seen%2 != 0 {
				return fmt.Errorf("a Load ends at %d; %d was durable when it began, in batches of two", seen, least)
			}
			if h.Snapshot != nil && h.Snapshot.Sequence%8 != 0 || h.Snapshot == nil && seen >= 8 || len(h.Events) > 6 {
				return fmt.Errorf("a Load passes on %d events and the snapshot %v", len(h.Events), h.Snapshot)
			}
		}
		return nil
	}
	c.together([]func() error{write, load, load, load})
}

// end returns the last sequence of the history, or an error when one is missing.
func end(h history) (int64, error) {
	last := int64(0)
	if h.Snapshot != nil {
		last = h.Snapshot.Sequence
	}
	for _, event := range h.Events {
		if event.Sequence != last+1 {
			return 0, fmt.Errorf("after the sequence %d comes %d", last, event.Sequence)
		}
		last = event.Sequence
	}
	return last, nil
}
