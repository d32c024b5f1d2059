package main

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Who has entered more often than left is in the room (against a plain count).
func TestPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		room, open := Room{newCalls("a room")}, map[string]int{}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			person := rapid.SampledFrom([]string{"anna", "ben", "çem"}).Draw(t, "person")
			step := room.Enter
			if rapid.Bool().Draw(t, "leaves") {
				step, open[person] = room.Leave, max(0, open[person]-1)
			} else {
				open[person]++
			}
			if err := step(person); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "sent") {
				room.calls.Commit()
			}
		}
		var want []string
		for person, calls := range open {
			if calls > 0 {
				want = append(want, person)
			}
		}
		slices.Sort(want)
		if got := room.People(); !slices.Equal(want, got) {
			t.Fatalf("%q are in the room, not %q", got, want)
		}
	})
}

// The same person enters on two proxies, and the two calls end at once: nobody
// is left, whichever proxy hears of the other first.
func TestTheLastCallsEndAtOnce(t *testing.T) {
	t.Parallel()
	here, there := Room{newCalls("a room")}, Room{newCalls("a room")}
	for _, room := range []Room{here, there} {
		if err := room.Enter("anna"); err != nil {
			t.Fatal(err)
		}
	}
	exchange(t, here, there)
	for _, room := range []Room{here, there} {
		if people := room.People(); !slices.Equal(people, []string{"anna"}) {
			t.Fatalf("%q", people)
		}
		if err := room.Leave("anna"); err != nil {
			t.Fatal(err)
		}
	}
	exchange(t, here, there)
	if people := append(here.People(), there.People()...); len(people) > 0 {
		t.Errorf("%q are left", people)
	}
}

// exchange tells each of two rooms how the other's counts have changed, as their
// proxies would: an entry that is new on both has both parts.
func exchange(t *testing.T, here, there Room) {
	t.Helper()
	left, right := here.calls.Delta(), there.calls.Delta()
	here.calls.Commit()
	there.calls.Commit()
	for _, told := range []struct {
		room  Room
		delta *replicatedv1.Delta
	}{{here, right}, {there, left}} {
		changes := told.delta.GetOrmap()
		changes.Updated, changes.Added = append(changes.GetUpdated(), changes.GetAdded()...), nil
		if _, err := told.room.calls.Apply(told.delta); err != nil {
			t.Fatal(err)
		}
	}
}
