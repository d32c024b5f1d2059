package main

import (
	"slices"

	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// Room is who is in a room: for each person, how many calls of theirs are open,
// on whichever proxy. It is a map, and its counters, that every proxy changes at
// once: of somebody who leaves here and enters there in the same moment, the
// entering stays.
//
// The calls of a proxy that is killed are not counted down. A room where that
// matters would give each person a time to live instead.
type Room struct {
	calls *crdt.ORMap[string, *crdt.PNCounter]
}

// newCalls returns the value of a room in which nobody is, whatever its id.
func newCalls(string) *crdt.ORMap[string, *crdt.PNCounter] {
	return crdt.NewORMap(crdt.String(), func(string) *crdt.PNCounter { return crdt.NewPNCounter() })
}

// Enter counts one more call of the person.
func (r Room) Enter(person string) error { return r.calls.Ensure(person).Add(1) }

// Leave counts one call less, and forgets the person with the last one.
func (r Room) Leave(person string) error {
	calls, there := r.calls.Get(person)
	if !there {
		return nil
	}
	if err := calls.Add(-1); err != nil {
		return err
	}
	if calls.Value() <= 0 {
		r.calls.Delete(person)
	}
	return nil
}

// People returns who is in the room, in order. Somebody whose last calls ended on
// two proxies at once is still in the map, with none.
func (r Room) People() []string {
	var people []string
	for person, calls := range r.calls.All() {
		if calls.Value() > 0 {
			people = append(people, person)
		}
	}
	slices.Sort(people)
	return people
}
