package crdt

import (
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Difference returns the delta that makes the one value the other, or nil where they
// are equal. To is unset only where from is, and of the type of from where that has
// one: at the top, a value keeps its type and takes nothing back that its type
// cannot (REP-TURN-003). From an unset entity it is the whole value (REP-INIT-003).
func Difference(from, to *Value) *replicatedv1.Delta {
	switch {
	case to.Type == Unset:
		return nil
	case from.Type == Unset:
		return whole(to)
	default:
		changed, _ := difference(from, to, true)
		return changed
	}
}

// whole returns the change from the empty value of the type, which has a case set
// also where the value is empty.
func whole(to *Value) *replicatedv1.Delta {
	switch to.Type {
	case GCounter:
		return gcounter(to.Number)
	case PNCounter:
		return pncounter(int64(to.Number))
	case GSet:
		_, added := elements(&Value{}, to)
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: added}}}
	case ORSet:
		_, added := elements(&Value{}, to)
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &replicatedv1.ORSetDelta{Added: added}}}
	case LWWRegister:
		return registered(to)
	case Flag:
		return flagged(to.Set)
	case Vote:
		return voted(to)
	default:
		var m replicatedv1.ORMapDelta
		for key, value := range sorted(to.Entries) {
			entryDifference(&m, key, nil, value)
		}
		return inWordsOf(to.Type, &m)
	}
}

// difference returns the change from one value to another of the same type; nil where
// they are equal, and not ok where no delta of the type leads there (REP-MAP-015). At
// the top a GCounter wraps, since nothing else makes it smaller (REP-GCOUNTER-002).
func difference(from, to *Value, top bool) (changed *replicatedv1.Delta, ok bool) {
	switch to.Type {
	case GCounter:
		return counted(from, to, top)
	case PNCounter:
		if change := to.Number - from.Number; change != 0 {
			return pncounter(int64(change)), true
		}
	case GSet:
		return grown(from, to)
	case ORSet:
		return setDifference(from, to), true
	case LWWRegister:
		if from.Register != to.Register {
			return registered(to), true // REP-LWW-008
		}
	case Flag:
		if from.Set != to.Set {
			return flagged(true), to.Set
		}
	case Vote:
		if from.Self != to.Self || from.For != to.For || from.Voters != to.Voters {
			return voted(to), true
		}
	default:
		return mapDifference(from, to), true
	}
	return nil, true
}

func counted(from, to *Value, top bool) (changed *replicatedv1.Delta, ok bool) {
	switch increment := to.Number - from.Number; {
	case increment == 0:
		return nil, true
	case to.Number < from.Number && !top:
		return nil, false
	default:
		return gcounter(increment), true
	}
}

func grown(from, to *Value) (changed *replicatedv1.Delta, ok bool) {
	removed, added := elements(from, to)
	switch {
	case len(removed) > 0:
		return nil, false
	case len(added) == 0:
		return nil, true
	default:
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: added}}}, true
	}
}

func setDifference(from, to *Value) *replicatedv1.Delta {
	removed, added := elements(from, to)
	if len(removed)+len(added) == 0 {
		return nil
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{
		Orset: &replicatedv1.ORSetDelta{Removed: removed, Added: added},
	}}
}

// elements returns those of from that are not in to, and those of to that are not in
// from, both in order.
func elements(from, to *Value) (removed, added []*anypb.Any) {
	for element := range sorted(from.Elements) {
		if _, stays := to.Elements[element]; !stays {
			removed = append(removed, element.Any())
		}
	}
	for element := range sorted(to.Elements) {
		if _, was := from.Elements[element]; !was {
			added = append(added, element.Any())
		}
	}
	return removed, added
}

func mapDifference(from, to *Value) *replicatedv1.Delta {
	var m replicatedv1.ORMapDelta
	for key := range sorted(from.Entries) {
		if to.Entries[key] == nil {
			m.Removed = append(m.Removed, key.Any())
		}
	}
	for key, value := range sorted(to.Entries) {
		entryDifference(&m, key, from.Entries[key], value)
	}
	if len(m.GetRemoved())+len(m.GetUpdated())+len(m.GetAdded()) == 0 {
		return nil
	}
	return inWordsOf(to.Type, &m)
}

// entryDifference puts into the map's change what becomes of an entry that is there
// afterwards. From is nil where it was not there.
func entryDifference(m *replicatedv1.ORMapDelta, key Payload, from, to *Value) {
	if from != nil && from.Type == to.Type {
		changed, ok := difference(from, to, false)
		if ok && changed != nil {
			m.Updated = append(m.Updated, &replicatedv1.ORMapEntryDelta{Key: key.Any(), Delta: changed})
		}
		if ok {
			return
		}
	}
	if from != nil {
		m.Removed = append(m.Removed, key.Any())
	}
	m.Added = append(m.Added, &replicatedv1.ORMapEntryDelta{Key: key.Any(), Delta: whole(to)})
}

func gcounter(increment uint64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: increment}}}
}

func pncounter(change int64) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: change}}}
}

func flagged(value bool) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: value}}}
}

func registered(to *Value) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{
		Lwwregister: &replicatedv1.LWWRegisterDelta{Value: to.Register.Any()},
	}}
}

func voted(to *Value) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{
		Vote: &replicatedv1.VoteDelta{SelfVote: to.Self, VotesFor: to.For, TotalVoters: to.Voters},
	}}
}
