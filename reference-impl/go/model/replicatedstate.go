package main

import (
	"iter"
	"maps"
	"slices"

	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// stateOf returns the value as the kit reads it: a new message with each call.
func stateOf(value crdt.Value) *tckv1.State {
	switch value := value.(type) {
	case *crdt.GCounter:
		return &tckv1.State{Value: &tckv1.State_Gcounter{Gcounter: &tckv1.GCounterValue{Value: value.Value()}}}
	case *crdt.PNCounter:
		return &tckv1.State{Value: &tckv1.State_Pncounter{Pncounter: &tckv1.PNCounterValue{Value: value.Value()}}}
	case *crdt.GSet[string]:
		return &tckv1.State{Value: &tckv1.State_Gset{Gset: &tckv1.GSetValue{Elements: slices.Sorted(value.All())}}}
	case *crdt.ORSet[string]:
		return &tckv1.State{Value: &tckv1.State_Orset{Orset: setOf(value)}}
	case *crdt.LWWRegister[string]:
		return &tckv1.State{Value: &tckv1.State_Lwwregister{Lwwregister: &tckv1.LWWRegisterValue{Value: value.Get()}}}
	case *crdt.Flag:
		return &tckv1.State{Value: &tckv1.State_Flag{Flag: &tckv1.FlagValue{Value: value.Value()}}}
	case *crdt.Vote:
		return &tckv1.State{Value: &tckv1.State_Vote{Vote: &tckv1.VoteValue{
			SelfVote: value.Mine(), VotesFor: int32(value.For()), TotalVoters: int32(value.Voters()),
		}}}
	default:
		return stateOfMap(value)
	}
}

func stateOfMap(value crdt.Value) *tckv1.State {
	switch value := value.(type) {
	case *crdt.ORMap[string, crdt.Entry]:
		return &tckv1.State{Value: &tckv1.State_Ormap{Ormap: &tckv1.ORMapValue{
			Entries: sortedEntries(value.All(), func(key string, entry crdt.Entry) *tckv1.ORMapEntryValue {
				return &tckv1.ORMapEntryValue{Key: key, Value: stateOf(entry)}
			}),
		}}}
	case *crdt.PNCounterMap[string]:
		return &tckv1.State{Value: &tckv1.State_PncounterMap{PncounterMap: &tckv1.PNCounterMapValue{
			Entries: sortedEntries(value.All(), func(key string, count int64) *tckv1.PNCounterMapEntryValue {
				return &tckv1.PNCounterMapEntryValue{Key: key, Counter: &tckv1.PNCounterValue{Value: count}}
			}),
		}}}
	case *crdt.LWWRegisterMap[string, string]:
		return &tckv1.State{Value: &tckv1.State_LwwregisterMap{LwwregisterMap: &tckv1.LWWRegisterMapValue{
			Entries: sortedEntries(value.All(), func(key, text string) *tckv1.LWWRegisterMapEntryValue {
				return &tckv1.LWWRegisterMapEntryValue{Key: key, Register: &tckv1.LWWRegisterValue{Value: text}}
			}),
		}}}
	case *crdt.ORMultiMap[string, string]:
		return &tckv1.State{Value: &tckv1.State_OrmultiMap{OrmultiMap: &tckv1.ORMultiMapValue{
			Entries: sortedEntries(value.All(), func(key string, set *crdt.ORSet[string]) *tckv1.ORMultiMapEntryValue {
				return &tckv1.ORMultiMapEntryValue{Key: key, Set: setOf(set)}
			}),
		}}}
	default:
		return nil
	}
}

func setOf(set *crdt.ORSet[string]) *tckv1.ORSetValue {
	return &tckv1.ORSetValue{Elements: slices.Sorted(set.All())}
}

// sortedEntries returns what of makes of each entry, ordered by key.
func sortedEntries[V, E any](all iter.Seq2[string, V], of func(key string, value V) E) []E {
	entries := maps.Collect(all)
	var made []E
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		made = append(made, of(key, entries[key]))
	}
	return made
}
