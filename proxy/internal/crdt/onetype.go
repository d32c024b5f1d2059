package crdt

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

// standsFor returns the change of an ORMap for which the delta of a map of one type
// stands (REP-PNMAP-003, REP-LWWMAP-003, REP-MULTI-003), and the change of an ORMap
// as it is. What is absent in the one is absent in the other.
func standsFor(delta *replicatedv1.Delta) *replicatedv1.ORMapDelta {
	switch given := delta.GetDelta().(type) {
	case *replicatedv1.Delta_PncounterMap:
		m := given.PncounterMap
		return &replicatedv1.ORMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), fromCounter), Added: convert(m.GetAdded(), fromCounter),
		}
	case *replicatedv1.Delta_LwwregisterMap:
		m := given.LwwregisterMap
		return &replicatedv1.ORMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), fromRegister), Added: convert(m.GetAdded(), fromRegister),
		}
	case *replicatedv1.Delta_OrmultiMap:
		m := given.OrmultiMap
		return &replicatedv1.ORMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), fromSet), Added: convert(m.GetAdded(), fromSet),
		}
	default:
		return delta.GetOrmap()
	}
}

// inWordsOf returns the delta of the type that stands for the change of an ORMap.
func inWordsOf(t Type, m *replicatedv1.ORMapDelta) *replicatedv1.Delta {
	switch t {
	case PNCounterMap:
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), toCounter), Added: convert(m.GetAdded(), toCounter),
		}}}
	case LWWRegisterMap:
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), toRegister), Added: convert(m.GetAdded(), toRegister),
		}}}
	case ORMultiMap:
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{
			Cleared: m.GetCleared(), Removed: m.GetRemoved(),
			Updated: convert(m.GetUpdated(), toSet), Added: convert(m.GetAdded(), toSet),
		}}}
	default:
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: m}}
	}
}

func convert[From, To any](entries []From, one func(From) To) []To {
	if len(entries) == 0 {
		return nil
	}
	converted := make([]To, len(entries))
	for i, entry := range entries {
		converted[i] = one(entry)
	}
	return converted
}

func fromCounter(given *replicatedv1.PNCounterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: given.GetKey(), Delta: &replicatedv1.Delta{
		Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: given.GetChange()}},
	}}
}

func fromRegister(given *replicatedv1.LWWRegisterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	entry := &replicatedv1.ORMapEntryDelta{Key: given.GetKey()}
	if given.GetRegister() != nil {
		entry.Delta = &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: given.GetRegister()}}
	}
	return entry
}

func fromSet(given *replicatedv1.ORMultiMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	entry := &replicatedv1.ORMapEntryDelta{Key: given.GetKey()}
	if given.GetSet() != nil {
		entry.Delta = &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: given.GetSet()}}
	}
	return entry
}

func toCounter(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.PNCounterMapEntryDelta {
	return &replicatedv1.PNCounterMapEntryDelta{Key: entry.GetKey(), Change: entry.GetDelta().GetPncounter().GetChange()}
}

func toRegister(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.LWWRegisterMapEntryDelta {
	return &replicatedv1.LWWRegisterMapEntryDelta{Key: entry.GetKey(), Register: entry.GetDelta().GetLwwregister()}
}

func toSet(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.ORMultiMapEntryDelta {
	return &replicatedv1.ORMultiMapEntryDelta{Key: entry.GetKey(), Set: entry.GetDelta().GetOrset()}
}
