package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// mapOfOne is a map of one type: the ORMap that it stands for, written shorter.
type mapOfOne struct {
	*ormap

	of string // the type of the values
}

func newMapOfOne(name string) *mapOfOne {
	return &mapOfOne{newMap(func(string) string { return name }), name}
}

func isMapOfOne(name string) bool {
	return name == "PNCounterMap" || name == "LWWRegisterMap" || name == "ORMultiMap"
}

func (m *mapOfOne) receive(delta *replicatedv1.Delta) error {
	change := &replicatedv1.ORMapDelta{}
	switch shown := delta.GetDelta().(type) {
	case *replicatedv1.Delta_PncounterMap:
		change.Cleared, change.Removed = shown.PncounterMap.GetCleared(), shown.PncounterMap.GetRemoved()
		change.Updated = each(shown.PncounterMap.GetUpdated(), fromCounter)
		change.Added = each(shown.PncounterMap.GetAdded(), fromCounter)
	case *replicatedv1.Delta_LwwregisterMap:
		change.Cleared, change.Removed = shown.LwwregisterMap.GetCleared(), shown.LwwregisterMap.GetRemoved()
		change.Updated = each(shown.LwwregisterMap.GetUpdated(), fromRegister)
		change.Added = each(shown.LwwregisterMap.GetAdded(), fromRegister)
	case *replicatedv1.Delta_OrmultiMap:
		change.Cleared, change.Removed = shown.OrmultiMap.GetCleared(), shown.OrmultiMap.GetRemoved()
		change.Updated = each(shown.OrmultiMap.GetUpdated(), fromSet)
		change.Added = each(shown.OrmultiMap.GetAdded(), fromSet)
	default:
		return foreign(delta)
	}
	return m.take(change)
}

func fromCounter(entry *replicatedv1.PNCounterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: entry.GetKey(), Delta: (&pncounter{entry.GetChange()}).whole()}
}

func fromRegister(entry *replicatedv1.LWWRegisterMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: entry.GetKey(), Delta: (&register{last: entry.GetRegister()}).whole()}
}

func fromSet(entry *replicatedv1.ORMultiMapEntryDelta) *replicatedv1.ORMapEntryDelta {
	return &replicatedv1.ORMapEntryDelta{Key: entry.GetKey(), Delta: orsetDelta(entry.GetSet())}
}

func (m *mapOfOne) perform(update *tckreplicatedv1.Update) (bool, error) {
	asked := &tckreplicatedv1.ORMapUpdate{}
	var common interface {
		GetAdd() string
		GetRemove() string
		GetClear() bool
	}
	entry := &tckreplicatedv1.ORMapEntryUpdate{Update: &tckreplicatedv1.Update{}}
	switch change := update.GetUpdate().(type) {
	case *tckreplicatedv1.Update_PncounterMap:
		common, entry.Key = change.PncounterMap, change.PncounterMap.GetUpdate().GetKey()
		entry.Update.Update = &tckreplicatedv1.Update_Pncounter{Pncounter: change.PncounterMap.GetUpdate().GetCounter()}
	case *tckreplicatedv1.Update_LwwregisterMap:
		common, entry.Key = change.LwwregisterMap, change.LwwregisterMap.GetUpdate().GetKey()
		entry.Update.Update = &tckreplicatedv1.Update_Lwwregister{Lwwregister: change.LwwregisterMap.GetUpdate().GetRegister()}
	case *tckreplicatedv1.Update_OrmultiMap:
		common, entry.Key = change.OrmultiMap, change.OrmultiMap.GetUpdate().GetKey()
		entry.Update.Update = &tckreplicatedv1.Update_Orset{Orset: change.OrmultiMap.GetUpdate().GetSet()}
	default:
		return false, foreign(update)
	}
	switch {
	case entry.GetKey() != "":
		asked.Action = &tckreplicatedv1.ORMapUpdate_Update{Update: entry}
	case common.GetAdd() != "":
		asked.Action = &tckreplicatedv1.ORMapUpdate_Add{Add: common.GetAdd()}
	case common.GetRemove() != "":
		asked.Action = &tckreplicatedv1.ORMapUpdate_Remove{Remove: common.GetRemove()}
	default:
		asked.Action = &tckreplicatedv1.ORMapUpdate_Clear{Clear: common.GetClear()}
	}
	return m.change(asked)
}

func (m *mapOfOne) since(before value, style style) *replicatedv1.Delta {
	change := m.difference(before.(*mapOfOne).ormap, style) //nolint:forcetypeassert // a value is copied as its own type
	if change == nil {
		return nil
	}
	return m.shorter(change)
}

func (m *mapOfOne) whole() *replicatedv1.Delta { return m.shorter(m.entire()) }

// shorter is the delta that stands for one of an ORMap.
func (m *mapOfOne) shorter(change *replicatedv1.ORMapDelta) *replicatedv1.Delta {
	switch m.of {
	case "PNCounter":
		as := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.PNCounterMapEntryDelta {
			return &replicatedv1.PNCounterMapEntryDelta{Key: entry.GetKey(), Change: entry.GetDelta().GetPncounter().GetChange()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
			Cleared: change.GetCleared(), Removed: change.GetRemoved(), Updated: each(change.GetUpdated(), as), Added: each(change.GetAdded(), as),
		}}}
	case "LWWRegister":
		as := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.LWWRegisterMapEntryDelta {
			return &replicatedv1.LWWRegisterMapEntryDelta{Key: entry.GetKey(), Register: entry.GetDelta().GetLwwregister()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_LwwregisterMap{LwwregisterMap: &replicatedv1.LWWRegisterMapDelta{
			Cleared: change.GetCleared(), Removed: change.GetRemoved(), Updated: each(change.GetUpdated(), as), Added: each(change.GetAdded(), as),
		}}}
	default:
		as := func(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.ORMultiMapEntryDelta {
			return &replicatedv1.ORMultiMapEntryDelta{Key: entry.GetKey(), Set: entry.GetDelta().GetOrset()}
		}
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_OrmultiMap{OrmultiMap: &replicatedv1.ORMultiMapDelta{
			Cleared: change.GetCleared(), Removed: change.GetRemoved(), Updated: each(change.GetUpdated(), as), Added: each(change.GetAdded(), as),
		}}}
	}
}

func (m *mapOfOne) state() *tckreplicatedv1.State {
	entries := m.ormap.state().GetOrmap().GetEntries()
	switch m.of {
	case "PNCounter":
		return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_PncounterMap{PncounterMap: &tckreplicatedv1.PNCounterMapValue{
			Entries: each(entries, func(entry *tckreplicatedv1.ORMapEntryValue) *tckreplicatedv1.PNCounterMapEntryValue {
				return &tckreplicatedv1.PNCounterMapEntryValue{Key: entry.GetKey(), Counter: entry.GetValue().GetPncounter()}
			}),
		}}}
	case "LWWRegister":
		return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_LwwregisterMap{LwwregisterMap: &tckreplicatedv1.LWWRegisterMapValue{
			Entries: each(entries, func(entry *tckreplicatedv1.ORMapEntryValue) *tckreplicatedv1.LWWRegisterMapEntryValue {
				return &tckreplicatedv1.LWWRegisterMapEntryValue{Key: entry.GetKey(), Register: entry.GetValue().GetLwwregister()}
			}),
		}}}
	default:
		return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_OrmultiMap{OrmultiMap: &tckreplicatedv1.ORMultiMapValue{
			Entries: each(entries, func(entry *tckreplicatedv1.ORMapEntryValue) *tckreplicatedv1.ORMultiMapEntryValue {
				return &tckreplicatedv1.ORMultiMapEntryValue{Key: entry.GetKey(), Set: entry.GetValue().GetOrset()}
			}),
		}}}
	}
}

func (m *mapOfOne) copy() value { return &mapOfOne{m.clone(), m.of} }

func each[A, B any](all []A, as func(A) B) []B {
	var out []B
	for _, one := range all {
		out = append(out, as(one))
	}
	return out
}
