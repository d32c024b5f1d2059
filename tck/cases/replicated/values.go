package replicated

import (
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// What scripts are made of: value has the values of each type, delta their changes on
// the wire, and ask what a command may ask of the model.
var (
	value values
	delta deltas
	ask   asks
)

type values struct{}

func (values) gcounter(n uint64) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Gcounter{
		Gcounter: &tckreplicatedv1.GCounterValue{Value: n},
	}}
}

func (values) pncounter(n int64) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Pncounter{
		Pncounter: &tckreplicatedv1.PNCounterValue{Value: n},
	}}
}

func (values) gset(elements ...string) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Gset{
		Gset: &tckreplicatedv1.GSetValue{Elements: elements},
	}}
}

func (values) orset(elements ...string) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Orset{
		Orset: &tckreplicatedv1.ORSetValue{Elements: elements},
	}}
}

func (values) lwwregister(text string) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Lwwregister{
		Lwwregister: &tckreplicatedv1.LWWRegisterValue{Value: text},
	}}
}

func (values) flag(set bool) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Flag{Flag: &tckreplicatedv1.FlagValue{Value: set}}}
}

func (values) vote(self bool, votesFor, voters int32) *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Vote{
		Vote: &tckreplicatedv1.VoteValue{SelfVote: self, VotesFor: votesFor, TotalVoters: voters},
	}}
}

// item is one entry of a map's value.
type item struct {
	key   string
	value *tckreplicatedv1.State
}

func (values) ormap(items ...item) *tckreplicatedv1.State {
	ormap := &tckreplicatedv1.ORMapValue{}
	for _, i := range items {
		ormap.Entries = append(ormap.GetEntries(), &tckreplicatedv1.ORMapEntryValue{Key: i.key, Value: i.value})
	}
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Ormap{Ormap: ormap}}
}

func (values) pncounterMap(items ...item) *tckreplicatedv1.State {
	all := &tckreplicatedv1.PNCounterMapValue{}
	for _, i := range items {
		all.Entries = append(all.GetEntries(), &tckreplicatedv1.PNCounterMapEntryValue{Key: i.key, Counter: i.value.GetPncounter()})
	}
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_PncounterMap{PncounterMap: all}}
}

func (values) lwwregisterMap(items ...item) *tckreplicatedv1.State {
	all := &tckreplicatedv1.LWWRegisterMapValue{}
	for _, i := range items {
		all.Entries = append(all.GetEntries(), &tckreplicatedv1.LWWRegisterMapEntryValue{Key: i.key, Register: i.value.GetLwwregister()})
	}
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_LwwregisterMap{LwwregisterMap: all}}
}

func (values) ormultiMap(items ...item) *tckreplicatedv1.State {
	all := &tckreplicatedv1.ORMultiMapValue{}
	for _, i := range items {
		all.Entries = append(all.GetEntries(), &tckreplicatedv1.ORMultiMapEntryValue{Key: i.key, Set: i.value.GetOrset()})
	}
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_OrmultiMap{OrmultiMap: all}}
}

type deltas struct{}

func (deltas) gcounter(increment uint64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{
		Gcounter: &replicatedv1.GCounterDelta{Increment: increment},
	}}
}

func (deltas) pncounter(change int64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{
		Pncounter: &replicatedv1.PNCounterDelta{Change: change},
	}}
}

func (deltas) gset(elements ...string) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: packAll(elements)}}}
}

func (deltas) lwwregister(text string) *replicatedv1.Delta {
	return delta.lwwregisterAt(text, replicatedv1.Clock_CLOCK_DEFAULT, 0)
}

func (deltas) lwwregisterAt(text string, clock replicatedv1.Clock, custom int64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: &replicatedv1.LWWRegisterDelta{
		Value: packString(text), Clock: clock, CustomClockValue: custom,
	}}}
}

func (deltas) flag(set bool) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: set}}}
}

// vote is the change of a vote as the function sends it.
func (deltas) vote(self bool) *replicatedv1.Delta { return delta.votes(self, 0, 0) }

// votes is the change of a vote as the proxy sends it.
func (deltas) votes(self bool, votesFor, voters int32) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{
		Vote: &replicatedv1.VoteDelta{SelfVote: self, VotesFor: votesFor, TotalVoters: voters},
	}}
}

// lists are what the change of a set or a map is made of.
type lists struct {
	cleared          bool
	removed, added   []*anypb.Any
	changed, created []entry
}

// entry is one entry in the change of a map.
type entry struct {
	key   *anypb.Any
	delta *replicatedv1.Delta
}

// list is one of the lists.
type list func(*lists)

func cleared() list { return func(l *lists) { l.cleared = true } }

// removed are elements of a set, or keys of a map.
func removed(all ...string) list { return removedAs(packAll(all)...) }

func removedAs(all ...*anypb.Any) list {
	return func(l *lists) { l.removed = append(l.removed, all...) }
}

// added are elements of a set.
func added(all ...string) list { return addedAs(packAll(all)...) }

func addedAs(all ...*anypb.Any) list { return func(l *lists) { l.added = append(l.added, all...) } }

// changed is an entry in the list updated of a map, created one in the list added.
func changed(key string, change *replicatedv1.Delta) list { return changedAs(packString(key), change) }

func created(key string, change *replicatedv1.Delta) list { return createdAs(packString(key), change) }

func changedAs(key *anypb.Any, change *replicatedv1.Delta) list {
	return func(l *lists) { l.changed = append(l.changed, entry{key, change}) }
}

func createdAs(key *anypb.Any, change *replicatedv1.Delta) list {
	return func(l *lists) { l.created = append(l.created, entry{key, change}) }
}

func gather(all []list) lists {
	var l lists
	for _, one := range all {
		one(&l)
	}
	return l
}

func (deltas) orset(all ...list) *replicatedv1.Delta {
	l := gather(all)
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{
		Cleared: l.cleared, Removed: l.removed, Added: l.added,
	}}}
}

func (deltas) ormap(all ...list) *replicatedv1.Delta {
	l := gather(all)
	as := func(e entry) *replicatedv1.ORMapEntryDelta {
		return &replicatedv1.ORMapEntryDelta{Key: e.key, Delta: e.delta}
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: &replicatedv1.ORMapDelta{
		Cleared: l.cleared, Removed: l.removed, Updated: each(l.changed, as), Added: each(l.created, as),
	}}}
}

func (deltas) pncounterMap(all ...list) *replicatedv1.Delta {
	l := gather(all)
	as := func(e entry) *replicatedv1.PNCounterMapEntryDelta {
		return &replicatedv1.PNCounterMapEntryDelta{Key: e.key, Change: e.delta.GetPncounter().GetChange()}
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
		Cleared: l.cleared, Removed: l.removed, Updated: each(l.changed, as), Added: each(l.created, as),
	}}}
}

func (deltas) lwwregisterMap(all ...list) *replicatedv1.Delta {
	l := gather(all)
	as := func(e entry) *replicatedv1.LWWRegisterMapEntryDelta {
		return &replicatedv1.LWWRegisterMapEntryDelta{Key: e.key, Register: e.delta.GetLwwregister()}
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{
		Cleared: l.cleared, Removed: l.removed, Updated: each(l.changed, as), Added: each(l.created, as),
	}}}
}

func (deltas) ormultiMap(all ...list) *replicatedv1.Delta {
	l := gather(all)
	as := func(e entry) *replicatedv1.ORMultiMapEntryDelta {
		return &replicatedv1.ORMultiMapEntryDelta{Key: e.key, Set: e.delta.GetOrset()}
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{
		Cleared: l.cleared, Removed: l.removed, Updated: each(l.changed, as), Added: each(l.created, as),
	}}}
}

func each[A, B any](all []A, as func(A) B) []B {
	var out []B
	for _, one := range all {
		out = append(out, as(one))
	}
	return out
}

func packAll(texts []string) []*anypb.Any { return each(texts, packString) }
