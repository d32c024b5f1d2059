package storetest

import (
	"fmt"

	"github.com/stateward/stateward/proxy/internal/store"
)

// sharings lists the tests of two stores at one place: the trial's, and another.
func sharings() []struct {
	name string
	run  func(trial, store.Store)
} {
	return []struct {
		name string
		run  func(trial, store.Store)
	}{
		{"SharedState", trial.sharedState},
		{"SharedFences", trial.sharedFences},
		{"SharedRace", trial.sharedRace},
	}
}

// at returns the trial as one of the other store.
func (c trial) at(other store.Store) trial {
	c.store = other
	return c
}

// sharedState: what the one has stored, the other finds and goes on from.
func (c trial) sharedState(other store.Store) {
	d := c.at(other)
	c.add(cartID(), batch(0, "a"))
	d.expect(cartID(), history{Events: events(1, "a")})
	d.add(cartID(), batch(1, "b"))
	c.expect(cartID(), history{Events: events(1, "a", "b")})
	c.put(cartID(), update(0, "value"))
	d.expectValue(cartID(), store.Value{Revision: 1, Value: state("value")})
}

// sharedFences: the other takes over, and the one cannot write any more.
func (c trial) sharedFences(other store.Store) {
	c.add(cartID(), batch(0, "a"))
	d := c.at(other)
	first, second := c.clock.node("first"), c.clock.node("second")
	c.join(first, lease)
	d.join(second, long)
	fence := c.claim(first, 1)
	d.expectRefused(second, fence, first)
	c.clock.move(lease)
	d.takeover(second, fence)
	c.expectFenced(fence)
	d.expectFenced(fence)
}

// sharedRace lets writers of both race for each sequence.
func (c trial) sharedRace(other store.Store) {
	const last = 20
	wins := make([][]string, last)
	d := c.at(other)
	c.race(last, func(writer int, at int64) (string, error) {
		payload := fmt.Sprint("writer ", writer, " at ", at)
		if writer%2 == 0 {
			return payload, d.append(c.t.Context(), cartID(), batch(at, payload))
		}
		return payload, c.append(c.t.Context(), cartID(), batch(at, payload))
	}, wins)
	var payloads []string
	for _, won := range wins {
		payloads = append(payloads, won[0])
	}
	d.expect(cartID(), history{Events: events(1, payloads...)})
}
