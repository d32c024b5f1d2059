package crdt_test

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// receive does to the plain value what a delta does, as the sections Delta of the
// specification tell a function. It is written from them alone.
func receive(value *crdt.Value, delta *replicatedv1.Delta) {
	if value.Type == crdt.Unset {
		*value = *fresh(crdt.TypeOf(delta))
	}
	if crdt.TypeOf(delta) != value.Type {
		panic("a delta of " + crdt.TypeOf(delta).String() + " for a " + value.Type.String())
	}
	switch value.Type {
	case crdt.GCounter:
		value.Number += delta.GetGcounter().GetIncrement()
	case crdt.PNCounter:
		value.Number += uint64(delta.GetPncounter().GetChange())
	case crdt.GSet:
		addAll(value, delta.GetGset().GetAdded())
	case crdt.ORSet:
		receiveSet(value, delta.GetOrset())
	case crdt.LWWRegister:
		value.Register = payload(delta.GetLwwregister().GetValue())
	case crdt.Flag:
		value.Set = value.Set || delta.GetFlag().GetValue()
	case crdt.Vote:
		value.Self, value.For, value.Voters = delta.GetVote().GetSelfVote(), delta.GetVote().GetVotesFor(), delta.GetVote().GetTotalVoters()
	default:
		receiveMap(value, inORMap(delta))
	}
}

// fresh is the empty value of the type.
func fresh(t crdt.Type) *crdt.Value {
	value := &crdt.Value{Type: t}
	switch t {
	case crdt.GSet, crdt.ORSet:
		value.Elements = map[crdt.Payload]struct{}{}
	case crdt.ORMap, crdt.PNCounterMap, crdt.LWWRegisterMap, crdt.ORMultiMap:
		value.Entries = map[crdt.Payload]*crdt.Value{}
	case crdt.Vote:
		value.Voters = 1
	}
	return value
}

func addAll(value *crdt.Value, added []*anypb.Any) {
	for _, element := range added {
		value.Elements[payload(element)] = struct{}{}
	}
}

func receiveSet(value *crdt.Value, delta *replicatedv1.ORSetDelta) {
	if delta.GetCleared() {
		clear(value.Elements)
	}
	for _, element := range delta.GetRemoved() {
		delete(value.Elements, payload(element))
	}
	addAll(value, delta.GetAdded())
}

func receiveMap(value *crdt.Value, delta *replicatedv1.ORMapDelta) {
	if delta.GetCleared() {
		clear(value.Entries)
	}
	for _, key := range delta.GetRemoved() {
		delete(value.Entries, payload(key))
	}
	for _, entry := range delta.GetUpdated() {
		receive(value.Entries[payload(entry.GetKey())], entry.GetDelta())
	}
	for _, entry := range delta.GetAdded() {
		added := &crdt.Value{}
		receive(added, entry.GetDelta())
		value.Entries[payload(entry.GetKey())] = added
	}
}

// inORMap is the table of the maps of one type, from there to an ORMap.
func inORMap(delta *replicatedv1.Delta) *replicatedv1.ORMapDelta {
	if m := delta.GetPncounterMap(); m != nil {
		entry := func(e *replicatedv1.PNCounterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
			return &replicatedv1.ORMapEntryDelta{Key: e.GetKey(), Delta: pncounter(e.GetChange())}
		}
		return &replicatedv1.ORMapDelta{Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), entry), Added: mapped(m.GetAdded(), entry)}
	}
	if m := delta.GetLwwregisterMap(); m != nil {
		entry := func(e *replicatedv1.LWWRegisterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
			return &replicatedv1.ORMapEntryDelta{Key: e.GetKey(), Delta: &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: e.GetRegister()}}}
		}
		return &replicatedv1.ORMapDelta{Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), entry), Added: mapped(m.GetAdded(), entry)}
	}
	if m := delta.GetOrmultiMap(); m != nil {
		entry := func(e *replicatedv1.ORMultiMapEntryDelta) *replicatedv1.ORMapEntryDelta {
			return &replicatedv1.ORMapEntryDelta{Key: e.GetKey(), Delta: &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: e.GetSet()}}}
		}
		return &replicatedv1.ORMapDelta{Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), entry), Added: mapped(m.GetAdded(), entry)}
	}
	return delta.GetOrmap()
}

func mapped[A, B any](list []A, one func(A) B) []B {
	var all []B
	for _, item := range list {
		all = append(all, one(item))
	}
	return all
}

func payload(message *anypb.Any) crdt.Payload {
	return crdt.Payload{Type: message.GetTypeUrl(), Bytes: string(message.GetValue())}
}

func text(s string) *anypb.Any { return &anypb.Any{TypeUrl: "t/Text", Value: []byte(s)} }

func gcounter(n uint64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: n}}}
}

func pncounter(n int64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: n}}}
}

func gset(added ...*anypb.Any) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: added}}}
}

func orset(delta *replicatedv1.ORSetDelta) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: delta}}
}

func register(value *anypb.Any, clock replicatedv1.Clock, time int64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{
		Lwwregister: &replicatedv1.LWWRegisterDelta{Value: value, Clock: clock, CustomClockValue: time},
	}}
}

func flagged(value bool) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: value}}}
}

func vote(self bool) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: self}}}
}

func ormap(delta *replicatedv1.ORMapDelta) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: delta}}
}

func entry(key string, delta *replicatedv1.Delta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: text(key), Delta: delta}
}

// oneType writes the change of an ORMap in the words of the map of one type.
func oneType(t crdt.Type, m *replicatedv1.ORMapDelta) *replicatedv1.Delta {
	switch t {
	case crdt.PNCounterMap:
		one := func(e *replicatedv1.ORMapEntryDelta) *replicatedv1.PNCounterMapEntryDelta {
			return &replicatedv1.PNCounterMapEntryDelta{Key: e.GetKey(), Change: e.GetDelta().GetPncounter().GetChange()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), one), Added: mapped(m.GetAdded(), one),
		}}}
	case crdt.LWWRegisterMap:
		one := func(e *replicatedv1.ORMapEntryDelta) *replicatedv1.LWWRegisterMapEntryDelta {
			return &replicatedv1.LWWRegisterMapEntryDelta{Key: e.GetKey(), Register: e.GetDelta().GetLwwregister()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), one), Added: mapped(m.GetAdded(), one),
		}}}
	case crdt.ORMultiMap:
		one := func(e *replicatedv1.ORMapEntryDelta) *replicatedv1.ORMultiMapEntryDelta {
			return &replicatedv1.ORMultiMapEntryDelta{Key: e.GetKey(), Set: e.GetDelta().GetOrset()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(), Updated: mapped(m.GetUpdated(), one), Added: mapped(m.GetAdded(), one),
		}}}
	default:
		return ormap(m)
	}
}

// command is what a function does to the value: it draws an update that keeps the
// function's half of the specification, and some that take liberties with it.
func command(t *rapid.T, value *crdt.Value, depth int) *replicatedv1.Delta {
	switch value.Type {
	case crdt.GCounter:
		return gcounter(rapid.Uint64Range(0, 9).Draw(t, "increment"))
	case crdt.PNCounter:
		return pncounter(rapid.Int64Range(-9, 9).Draw(t, "change"))
	case crdt.GSet:
		return gset(some(t, "added")...)
	case crdt.ORSet:
		return orset(&replicatedv1.ORSetDelta{Cleared: seldom(t, "cleared"), Removed: some(t, "removed"), Added: some(t, "added")})
	case crdt.LWWRegister:
		clock := rapid.Int32Range(0, 4).Draw(t, "clock")
		return register(text(rapid.SampledFrom([]string{"x", "y", "z", ""}).Draw(t, "value")), replicatedv1.Clock(clock), rapid.Int64Range(-3, 9).Draw(t, "time"))
	case crdt.Flag:
		return flagged(value.Set || rapid.Bool().Draw(t, "flag"))
	case crdt.Vote:
		return vote(rapid.Bool().Draw(t, "vote"))
	default:
		return oneType(value.Type, mapCommand(t, value, depth))
	}
}

func mapCommand(t *rapid.T, value *crdt.Value, depth int) *replicatedv1.ORMapDelta {
	m := &replicatedv1.ORMapDelta{Cleared: seldom(t, "cleared")}
	left := maps.Clone(value.Entries)
	if m.GetCleared() {
		clear(left)
	} else {
		for _, key := range some(t, "removed") {
			m.Removed = append(m.Removed, key)
			delete(left, payload(key))
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(left), func(a, b crdt.Payload) int {
		return len(a.Bytes+b.Bytes) + int(a.Bytes[0]) - int(b.Bytes[0]) - len(b.Bytes+a.Bytes)
	}) {
		if rapid.Bool().Draw(t, "update "+key.Bytes) {
			m.Updated = append(m.Updated, &replicatedv1.ORMapEntryDelta{Key: key.Any(), Delta: command(t, left[key], depth+1)})
		}
	}
	for _, key := range some(t, "added") {
		if left[payload(key)] != nil && !seldom(t, "over") {
			continue
		}
		m.Added = append(m.Added, &replicatedv1.ORMapEntryDelta{Key: key, Delta: command(t, fresh(entryType(t, value.Type, depth)), depth+1)})
	}
	return m
}

func entryType(t *rapid.T, of crdt.Type, depth int) crdt.Type {
	switch of {
	case crdt.PNCounterMap:
		return crdt.PNCounter
	case crdt.LWWRegisterMap:
		return crdt.LWWRegister
	case crdt.ORMultiMap:
		return crdt.ORSet
	}
	types := []crdt.Type{crdt.GCounter, crdt.PNCounter, crdt.GSet, crdt.ORSet, crdt.LWWRegister, crdt.Flag, crdt.Vote, crdt.ORMap}
	if depth >= 2 {
		types = types[:7]
	}
	return rapid.SampledFrom(types).Draw(t, "type")
}

// some draws a few of three payloads, each once.
func some(t *rapid.T, label string) []*anypb.Any {
	which := rapid.SampledFrom([]string{"", "", "a", "b", "c", "ab", "bc", "ca"}).Draw(t, label)
	var all []*anypb.Any
	for _, c := range which {
		all = append(all, text(string(c)))
	}
	return all
}

func seldom(t *rapid.T, label string) bool { return rapid.IntRange(0, 7).Draw(t, label) == 7 }
