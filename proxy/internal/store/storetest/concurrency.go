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
				if err := c.append(c.t.Context(), id, batch(sequence, fmt.Sprint(i, " ", sequence))); err != nil {
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

// racers is how many there are in a race.
const racers = 16

// race lets all try the same places from 0 on, each in its order: at each exactly one
// wins, and the others are told ErrConflict. It notes what the winners have tried.
func (c trial) race(places int64, try func(racer int, at int64) (string, error), wins [][]string) {
	c.t.Helper()
	var mu sync.Mutex // guards wins
	var work []func() error
	for racer := range racers {
		work = append(work, func() error {
			for at := range places {
				tried, err := try(racer, at)
				if err == nil {
					mu.Lock()
					wins[at] = append(wins[at], tried)
					mu.Unlock()
				} else if !errors.Is(err, store.ErrConflict) {
					return err
				}
			}
			return nil
		})
	}
	c.together(work)
	for at, won := range wins {
		if len(won) != 1 {
			c.t.Fatalf("the place %d was won by %q, want one", at, won)
		}
	}
}

// writersOnOneEntity lets writers race for each sequence: whoever loses
// goes on at the next one.
func (c trial) writersOnOneEntity() {
	const last = 40
	wins := make([][]string, last)
	c.race(last, func(writer int, at int64) (string, error) {
		payload := fmt.Sprint("writer ", writer, " at ", at)
		return payload, c.append(c.t.Context(), cartID(), batch(at, payload))
	}, wins)
	var payloads []string
	for _, won := range wins {
		payloads = append(payloads, won[0])
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
			if err := c.append(c.t.Context(), cartID(), b); err != nil {
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
