package crdt_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// model is the plain reference: every change that was ever made, which changes it
// took away, and a value that is read off them anew each time, as the prose of the
// specification has it. It knows no dots, no contexts and no merging.
type model struct{ changes []change }

// change is one thing that an update did.
type change struct {
	replica string
	// path leads to the value: of each entry on the way the key and the type.
	path string
	kind crdt.Type
	// takes are the changes that this one takes away.
	takes []int
	// says is false of a change that does nothing but take away.
	says bool
	// What it says, by the type; an element without payload puts a set or a map
	// into its entry.
	element *crdt.Payload
	added   uint64
	taken   uint64
	time    int64
	yes     bool
}

// known is which changes somebody has learnt of.
type known map[int]bool

// alive returns those of the known changes that none of them takes away, and that
// stand at the path or below it, in order.
func (m *model) alive(of known, path string) []int {
	taken := map[int]bool{}
	for n := range of {
		for _, other := range m.changes[n].takes {
			taken[other] = true
		}
	}
	var all []int
	for n := range of {
		if c := m.changes[n]; c.says && !taken[n] && (c.path == path || strings.HasPrefix(c.path, path+"/")) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

// at returns those of the living changes that stand at the path itself.
func (m *model) at(of known, path string, t crdt.Type) []int {
	return slices.DeleteFunc(m.alive(of, path), func(n int) bool { return m.changes[n].path != path || m.changes[n].kind != t })
}

func step(path string, key crdt.Payload, t crdt.Type) string {
	return fmt.Sprintf("%s/%q %q:%02d", path, key.Type, key.Bytes, t)
}

// entryTypes returns the types of which the entry has living changes.
func (m *model) entryTypes(of known, path string, key crdt.Payload) []crdt.Type {
	var all []crdt.Type
	for t := crdt.GCounter; t <= crdt.Vote; t++ {
		if len(m.alive(of, step(path, key, t))) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// author is one update on its way into the model.
type author struct {
	*model

	replica string
	now     int64
	shown   known
}

func (a *author) make(c change) {
	c.replica = a.replica
	a.changes = append(a.changes, c)
	a.shown[len(a.changes)-1] = true
}

// take takes away what is shown at the path and below it.
func (a *author) take(path string) {
	a.make(change{path: path, takes: a.alive(a.shown, path)})
}

// update adds to the model what the update does.
func (a *author) update(path string, delta *replicatedv1.Delta, inMap bool) {
	t := crdt.TypeOf(delta)
	there := a.at(a.shown, path, t)
	own := slices.DeleteFunc(slices.Clone(there), func(n int) bool { return a.changes[n].replica != a.replica })
	made := change{path: path, kind: t, says: true}
	switch t {
	case crdt.GCounter, crdt.PNCounter:
		made.takes = own
		if len(own) > 0 {
			made.added, made.taken = a.changes[own[len(own)-1]].added, a.changes[own[len(own)-1]].taken
		}
		made.added += delta.GetGcounter().GetIncrement() + uint64(max(0, delta.GetPncounter().GetChange()))
		made.taken += uint64(-min(0, delta.GetPncounter().GetChange()))
		a.make(made)
	case crdt.Vote:
		made.takes, made.yes = own, delta.GetVote().GetSelfVote()
		a.make(made)
	case crdt.Flag:
		made.takes, made.yes = there, delta.GetFlag().GetValue()
		if inMap || made.yes && !a.yes(there) { // REP-UPD-007, and a flag is set once
			a.make(made)
		}
	case crdt.LWWRegister:
		a.write(made, there, delta.GetLwwregister())
	case crdt.GSet, crdt.ORSet:
		a.here(made, there, inMap)
		a.set(made, delta)
	default:
		a.here(made, there, inMap)
		a.entries(path, inORMap(delta))
	}
}

// here says that a set or a map is in its entry.
func (a *author) here(made change, there []int, inMap bool) {
	if inMap {
		made.takes = slices.DeleteFunc(slices.Clone(there), func(n int) bool { return a.changes[n].element != nil })
		a.make(made)
	}
}

func (a *author) write(made change, there []int, given *replicatedv1.LWWRegisterDelta) {
	value := payload(given.GetValue())
	made.element, made.takes = &value, there
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	if len(there) > 0 {
		shown := a.changes[a.winner(there)].time
		least, most = shown+1, shown-1
	}
	switch given.GetClock() {
	case replicatedv1.Clock_CLOCK_REVERSE:
		made.time = min(-a.now, most)
	case replicatedv1.Clock_CLOCK_CUSTOM:
		made.time = given.GetCustomClockValue()
	case replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT:
		made.time = max(given.GetCustomClockValue(), least)
	default:
		made.time = max(a.now, least)
	}
	if len(there) == 0 || made.time >= a.changes[a.winner(there)].time {
		a.make(made)
	}
}

func (a *author) set(made change, delta *replicatedv1.Delta) {
	take := func(which func(crdt.Payload) bool) []int {
		return slices.DeleteFunc(a.at(a.shown, made.path, made.kind), func(n int) bool {
			return a.changes[n].element == nil || !which(*a.changes[n].element)
		})
	}
	if delta.GetOrset().GetCleared() {
		a.make(change{path: made.path, takes: take(func(crdt.Payload) bool { return true })})
	}
	for _, removed := range delta.GetOrset().GetRemoved() {
		a.make(change{path: made.path, takes: take(func(p crdt.Payload) bool { return p == payload(removed) })})
	}
	for _, added := range slices.Concat(delta.GetOrset().GetAdded(), delta.GetGset().GetAdded()) {
		element := payload(added)
		a.make(change{
			path: made.path, kind: made.kind, says: true, element: &element,
			takes: take(func(p crdt.Payload) bool { return p == element }),
		})
	}
}

func (a *author) entries(path string, delta *replicatedv1.ORMapDelta) {
	remove := func(key *anypb.Any) {
		for t := crdt.GCounter; t <= crdt.Vote; t++ {
			a.take(step(path, payload(key), t))
		}
	}
	if delta.GetCleared() {
		a.make(change{path: path, takes: slices.DeleteFunc(a.alive(a.shown, path), func(n int) bool { return a.changes[n].path == path })})
	}
	for _, key := range delta.GetRemoved() {
		remove(key)
	}
	for _, entry := range delta.GetUpdated() {
		a.update(step(path, payload(entry.GetKey()), crdt.TypeOf(entry.GetDelta())), entry.GetDelta(), true)
	}
	for _, entry := range delta.GetAdded() {
		remove(entry.GetKey())
		a.update(step(path, payload(entry.GetKey()), crdt.TypeOf(entry.GetDelta())), entry.GetDelta(), true)
	}
}

// winner returns the write that is the value.
func (m *model) winner(writes []int) int {
	return slices.MaxFunc(writes, func(a, b int) int {
		x, y := m.changes[a], m.changes[b]
		return cmp.Or(cmp.Compare(x.time, y.time), cmp.Compare(x.element.Type, y.element.Type), cmp.Compare(x.element.Bytes, y.element.Bytes))
	})
}

// value reads the value off the changes.
func (m *model) value(of known, path string, t crdt.Type, view crdt.View) *crdt.Value {
	value := fresh(t)
	there := m.at(of, path, t)
	switch t {
	case crdt.GCounter, crdt.PNCounter:
		for _, n := range m.newest(there) {
			value.Number += m.changes[n].added - m.changes[n].taken
		}
	case crdt.Flag:
		value.Set = m.yes(there)
	case crdt.Vote:
		value.Voters = int32(len(view.Members))
		for _, n := range m.newest(there) {
			if c := m.changes[n]; c.yes && slices.Contains(view.Members, c.replica) {
				value.For++
				value.Self = value.Self || c.replica == view.Self
			}
		}
	case crdt.LWWRegister:
		if len(there) > 0 {
			value.Register = *m.changes[m.winner(there)].element
		}
	case crdt.GSet, crdt.ORSet:
		for _, n := range there {
			if element := m.changes[n].element; element != nil {
				value.Elements[*element] = struct{}{}
			}
		}
	default:
		for _, key := range []crdt.Payload{payload(text("a")), payload(text("b")), payload(text("c"))} {
			if types := m.entryTypes(of, path, key); len(types) > 0 {
				value.Entries[key] = m.value(of, step(path, key, types[0]), types[0], view)
			}
		}
	}
	return value
}

// yes reports whether any of the changes says yes.
func (m *model) yes(there []int) bool {
	return slices.ContainsFunc(there, func(n int) bool { return m.changes[n].yes })
}

// newest returns the newest change of each replica.
func (m *model) newest(there []int) []int {
	newest := map[string]int{}
	for _, n := range there {
		newest[m.changes[n].replica] = n
	}
	var all []int
	for _, n := range newest {
		all = append(all, n)
	}
	return all
}
